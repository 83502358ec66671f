"""Requests while Redis refuses connections, or takes them and never answers."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache, caches
from django.db import transaction
from pytest_django import Settings
from redis.exceptions import RedisError

from apps.common import jobs
from apps.common.cache import RedisCache
from apps.holders.testing.factories import TicketHolderFactory
from apps.holders.testing.stories import form_data, signup_data
from apps.users.models import User
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests.logins import change_password, log_out, log_out_on_the_page, repeated_login, status_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long requests would have waited until Redis repeats nothing old; they do not wait."""
    waited: list[float] = []
    monkeypatch.setattr("apps.common.records.sleep", waited.append)
    monkeypatch.setattr("apps.common.records.monotonic", lambda: sum(waited) + 1)
    return waited


class SilentServer:
    """Takes connections and never says a word; counts them."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = self._server.getsockname()[1]
        self.taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for connection in (self._server, *self.taken):
            connection.close()

    def _take(self) -> None:
        with suppress(OSError):
            while True:
                self.taken.append(self._server.accept()[0])


@pytest.fixture
def silent() -> Iterator[SilentServer]:
    server = SilentServer()
    yield server
    server.stop()


def use(settings: Settings, port: int) -> str:
    """Let both caches be at this port of this machine; return the address."""
    address = f"redis://127.0.0.1:{port}/0"
    settings.CACHES = {
        name: {**given, "LOCATION": address, "OPTIONS": {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}}
        for name, given in settings.CACHES.items()
    }
    return address


@pytest.fixture(params=["silent", "refused"])
def away(
    request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> Iterator[str]:
    """Cache and broker that do not work; yields their address."""
    server = SilentServer()
    if request.param == "refused":
        server.stop()
    address = use(settings, server.port)
    monkeypatch.setattr(current_app.conf, "broker_url", address)
    monkeypatch.setitem(jobs.ONE_TRY, "socket_timeout", 0.2)  # type: ignore[misc]
    yield address
    if request.param == "silent":
        server.stop()


@pytest.fixture
def user() -> User:
    return TicketHolderFactory().user


@pytest.mark.usefixtures("away")
class TestRequests:
    def test_of_an_app_are_answered_from_login_to_logout(self, user: User) -> None:
        client = AppClient()
        tokens = client.log_in(user.email, PASSWORD)
        for path in ("/api/v1/me/", "/api/v1/listings/", "/api/v1/notifications/", "/api/v1/timezones/"):
            assert client.get(path).status_code == 200, path
        answer = client.accounts("POST", "tokens/refresh", {"refresh_token": tokens["refresh_token"]})
        assert answer.status_code == 200
        client.use_token(answer.json()["data"]["access_token"])
        assert client.patch("/api/v1/me/", {"first_name": "Ann"}).json()["first_name"] == "Ann"
        assert client.accounts("DELETE", "auth/session").json()["errors"][0]["code"] == "logged_out"
        assert client.get("/api/v1/me/").status_code == 401

    def test_with_an_idempotency_key_are_answered(self, user: User) -> None:
        client = AppClient()
        client.log_in(user.email, PASSWORD)
        for _ in range(2):
            answer = client.post("/api/v1/listings/", {}, headers={"Idempotency-Key": "one"})
            assert answer.status_code == 400

    def test_of_strangers_are_answered(self) -> None:
        client = AppClient()
        assert client.accounts("POST", "auth/signup", signup_data()).status_code == 401
        message = {"name": "Ann", "email": "ann@example.com", "subject": "Parking", "message": "Where?"}
        assert client.post("/api/v1/contact-us/", message).status_code in {200, 201, 202}
        body = {"email": "ann@example.com"}
        assert client.accounts("POST", "auth/password/request", body).status_code == 200
        assert BrowserClient().post("/accounts/signup/", form_data(email="bob@example.com")).status_code == 302

    def test_of_staff_are_answered(self) -> None:
        staff, browser = UserFactory(superuser=True), BrowserClient()
        assert browser.post("/accounts/login/", {"login": staff.email, "password": PASSWORD}).status_code == 302
        assert browser.get("/admin/").status_code == 200
        assert browser.get("/admin/users/user/").status_code == 200
        assert browser.post("/accounts/logout/").status_code == 302
        assert browser.get("/admin/").status_code == 302

    def test_are_limited_all_the_same(self, user: User, settings: Settings) -> None:
        settings.API_THROTTLES = {"anon": (3, 3_600), "user": None}
        assert [AppClient().get("/api/v1/timezones/").status_code for _ in range(4)] == [200] * 3 + [429]
        wrong = {"email": user.email, "password": "wrong"}
        assert [AppClient().accounts("POST", "auth/login", wrong).status_code for _ in range(6)][-1] in {400, 429}
        right = {"email": user.email, "password": PASSWORD}
        assert AppClient().accounts("POST", "auth/login", right).status_code != 200, "five wrong ones close the account"

    def test_are_answered_when_redis_goes_while_one_is_counted(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What `add` has written before is then in the other memory."""
        settings.API_THROTTLES = {"anon": (3, 3_600), "user": None}
        monkeypatch.setattr(RedisCache, "add", lambda *_, **__: True)
        assert AppClient().get("/api/v1/timezones/").status_code == 200

    def test_would_fail_without_the_memory_of_the_process(self, user: User, settings: Settings) -> None:
        """Twin: what RedisCache is for."""
        settings.CACHES = dict.fromkeys(settings.CACHES, settings.CACHES["direct"])
        with pytest.raises(RedisError):
            AppClient().log_in(user.email, PASSWORD)

    def test_of_monitors_are_answered(self, settings: Settings) -> None:
        settings.HEALTH_CHECK_TOKEN = "s3cret"
        for _ in range(2):
            answer = AppClient().get("/api/health-check/?format=json", headers={"Authorization": "s3cret"})
            assert answer.status_code == 500
            assert answer.json()["Cache"]["status"] == "failing"


class TestSilence:
    def test_is_waited_for_once(self, silent: SilentServer, settings: Settings, user: User) -> None:
        settings.API_THROTTLES = {"anon": (1_000, 3_600), "user": (1_000, 3_600)}
        use(settings, silent.port)
        client = AppClient()
        client.log_in(user.email, PASSWORD)
        for _ in range(20):
            assert client.get("/api/v1/me/").status_code == 200
        assert len(silent.taken) == 1

    def test_is_waited_for_by_one_of_many_when_its_time_is_over(self, silent: SilentServer, settings: Settings) -> None:
        address = use(settings, silent.port)
        cache.get("x")
        assert len(silent.taken) == 1
        RedisCache.resting_until[address] = time.monotonic() - 1
        barrier = threading.Barrier(8)

        def ask() -> None:
            barrier.wait(120)
            assert cache.get("x") is None

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert len(silent.taken) == 2


class TestReturn:
    """Redis is back, and what happened without it stays."""

    def test_is_noticed(self, settings: Settings) -> None:
        address = settings.CACHES["default"]["LOCATION"]
        RedisCache.resting_until[address] = time.monotonic() + 100
        cache.set("seat", "own", 60)
        assert caches["direct"].get("seat") is None
        RedisCache.resting_until[address] = time.monotonic() - 1
        cache.set("seat", "shared", 60)
        assert caches["direct"].get("seat") == "shared"
        assert address not in RedisCache.resting_until

    def test_is_noticed_by_a_request_that_counts_from_nothing(self, settings: Settings) -> None:
        address = settings.CACHES["default"]["LOCATION"]
        RedisCache.resting_until[address] = time.monotonic() - 1
        with pytest.raises(ValueError, match="nobody"):
            cache.incr("nobody")
        assert address not in RedisCache.resting_until

    @pytest.mark.usefixtures("waits")
    def test_opens_no_session_that_a_logout_ended_meanwhile(
        self, silent: SilentServer, settings: Settings, user: User
    ) -> None:
        client, there = AppClient(), settings.CACHES
        client.log_in(user.email, PASSWORD)
        assert client.get("/api/v1/me/").status_code == 200
        use(settings, silent.port)
        client.accounts("DELETE", "auth/session")
        settings.CACHES = there
        assert client.get("/api/v1/me/").status_code == 401


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_records")
class TestLoginThatRedisRepeats:
    """Between the process that ends it and Redis is a silent line; others still reach Redis."""

    def test_is_waited_for(self, silent: SilentServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("cache", "records"):
            monkeypatch.setattr(f"apps.common.{name}.RECORD_SECONDS", 0.3)
        there = settings.CACHES
        for end in (log_out, log_out_on_the_page):
            client = AppClient()
            token = client.log_in(UserFactory().email, PASSWORD)["access_token"]
            assert status_of(token) == 200
            use(settings, silent.port)
            end(token)
            settings.CACHES = there
            assert status_of(token) == 401

    def test_would_outlive_its_session(self, silent: SilentServer, settings: Settings, waits: list[float]) -> None:
        """Twin: why a logout waits."""
        there = settings.CACHES
        token = repeated_login(UserFactory()).tokens["access_token"]
        use(settings, silent.port)
        log_out(token)
        settings.CACHES = there
        assert status_of(token) == 200
        assert waits == [10]

    def test_is_not_waited_for_when_redis_is_back_before_it_is_asked_again(self, settings: Settings) -> None:
        """A process leaves a failed Redis alone for 30 seconds, except to end a login."""
        token = repeated_login(UserFactory()).tokens["access_token"]
        address = settings.CACHES["default"]["LOCATION"]
        RedisCache.resting_until[address] = time.monotonic() + 100
        log_out(token)
        RedisCache.resting_until.clear()
        assert status_of(token) == 401

    @pytest.mark.usefixtures("away")
    def test_delays_no_login_and_no_ordinary_request(self, user: User, waits: list[float]) -> None:
        client = AppClient()
        token = client.log_in(user.email, PASSWORD)["access_token"]
        assert client.patch("/api/v1/me/", {"first_name": "Ann"}).status_code == 200
        assert AppClient().accounts("POST", "auth/signup", signup_data()).status_code == 401
        assert not waits
        log_out(token)
        assert waits == [10]

    @pytest.mark.usefixtures("away")
    def test_delays_a_new_password_twice(self, user: User, waits: list[float]) -> None:
        """It ends the logins of the account, then its own session."""
        change_password(AppClient().log_in(user.email, PASSWORD)["access_token"])
        assert waits == [10, 10]

    @pytest.mark.usefixtures("away")
    def test_delays_many_changes_of_one_transaction_once(self, waits: list[float]) -> None:
        users = [UserFactory() for _ in range(3)]
        with transaction.atomic():
            for one in users:
                one.delete()
        assert waits == [10]

    @pytest.mark.usefixtures("away")
    def test_delays_each_of_two_transactions(self, waits: list[float]) -> None:
        """A change that was rolled back is waited for by nobody."""
        first, second, third = UserFactory(), UserFactory(), UserFactory()
        with suppress(ZeroDivisionError), transaction.atomic():
            first.delete()
            raise ZeroDivisionError
        for one in (second, third):
            with transaction.atomic():
                one.delete()
        assert waits == [10, 10]


def test_each_method_that_reaches_redis_is_covered() -> None:
    """A method of a later Django would reach Redis past the memory of the process."""
    from django.core.cache.backends import redis

    ours: dict[str, Any] = vars(RedisCache)
    theirs = {name for name, value in vars(redis.RedisCache).items() if callable(value) and not name.startswith("_")}
    assert theirs - {"get_backend_timeout"} <= ours.keys()
