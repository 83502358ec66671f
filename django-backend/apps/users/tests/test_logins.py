"""Redis repeats whose login a token belongs to; whatever ends or changes the login bites at once."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.common import records
from apps.common.cache import Record
from apps.common.sessions import session_source
from apps.common.testing.queries import queries_of
from apps.common.testing.threads import at_once
from apps.users.authentication import logins as logins_under_test
from apps.users.authentication.logins import RECORD_SECONDS, OpenLogin
from apps.users.models import RefreshToken, User
from apps.users.services import LOGIN_FIELDS
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests import logins
from apps.users.tests.logins import ENDS, LEAGUES, another_process, is_repeated, log_out, repeated_login, status_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("long_records")]
STAFF_PATH = "/api/v1/staff/listings/"
CLIENTS = 16


def token_of(user: User) -> str:
    """Return the access token of a login that Redis repeats."""
    return str(repeated_login(user).tokens["access_token"])


class TestRepeatedLogin:
    def test_needs_no_query(self) -> None:
        """What is left are the leagues."""
        client = repeated_login(UserFactory())
        assert queries_of(lambda: client.get(LEAGUES)) == 1

    def test_knows_the_user_and_loads_the_rest_in_one_query(self) -> None:
        user = UserFactory(staff=True, first_name="Ann")
        known = User.known(id=user.pk, is_active=True, is_staff=True)
        assert queries_of(lambda: (known.pk, known.is_authenticated, known.is_active, known.is_staff)) == 0
        assert queries_of(lambda: (known.first_name, known.email, known.is_superuser)) == 1
        assert [known.first_name, known.email, known.is_superuser] == ["Ann", user.email, False]
        assert known == user

    def test_says_nothing_of_superusers(self) -> None:
        """Whoever could write into Redis would be one."""
        known = User.known(id=UserFactory(superuser=True).pk, is_active=True, is_staff=True)
        assert "is_superuser" in known.get_deferred_fields()
        assert known.has_perm("catalog.view_event")

    def test_shows_the_same_profile_and_changes_it(self) -> None:
        client = repeated_login(UserFactory(first_name="Ann"))
        before = client.get("/api/v1/me/").json()
        assert client.patch("/api/v1/me/", {"first_name": "Bea"}).json() == before | {"first_name": "Bea"}

    def test_keeps_no_session_key_in_redis(self) -> None:
        repeated_login(UserFactory())
        key = Session.objects.get().session_key
        server = caches["direct"]._cache.get_client()
        names = server.keys("*")
        assert {name.split(b":")[2] for name in names} >= {b"login", b"session", b"user"}
        assert not [name for name in names if key.encode() in name or key.encode() in (server.get(name) or b"")]

    def test_is_that_of_its_token(self) -> None:
        one, other = token_of(UserFactory()), token_of(UserFactory())
        log_out(one)
        assert (status_of(one), status_of(other)) == (401, 200)

    def test_is_read_again_in_a_transaction(self) -> None:
        """What was read there may never be committed."""
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        with transaction.atomic():
            assert not is_repeated(token)
            assert not is_repeated(token)
        assert not is_repeated(token)
        assert is_repeated(token)

    def test_needs_redis(self, settings: Settings) -> None:
        memory = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
        settings.CACHES = {"default": memory, "direct": memory}
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        assert [is_repeated(token) for _ in range(2)] == [False, False]
        log_out(token)
        assert status_of(token) == 401


@pytest.mark.parametrize("end", ENDS)
class TestEnd:
    def test_bites_at_once(self, end: Callable[[str], None]) -> None:
        token = token_of(UserFactory())
        end(token)
        assert [status_of(token) for _ in range(2)] == [401, 401]

    def test_beats_whoever_read_before_it(self, end: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        assert statuses_around(lambda: end(token), token, monkeypatch) == ({200}, {401})


def statuses_around(end: Callable[[], None], token: str, monkeypatch: pytest.MonkeyPatch) -> tuple[set[int], set[int]]:
    """Let 16 clients read the open login, end it, and only then let them tell Redis what they have read.

    Return the statuses of these requests and of those that each client sends next.
    """
    all_have_read, ended = threading.Barrier(CLIENTS + 1), threading.Event()
    read = logins_under_test.open_login
    patched = threading.local()

    def read_and_wait(**values: str) -> OpenLogin | None:
        login = read(**values)
        if getattr(patched, "waits", False):
            all_have_read.wait(60)
            assert ended.wait(60)
        return login

    def ask_twice() -> tuple[int, int]:
        patched.waits = True
        first = status_of(token)
        patched.waits = False
        return first, status_of(token)

    def end_then() -> None:
        all_have_read.wait(60)
        try:
            end()
        finally:
            ended.set()

    monkeypatch.setattr(logins_under_test, "open_login", read_and_wait)
    *asked, done = at_once(*[ask_twice] * CLIENTS, end_then)
    assert done is None
    assert not [one for one in asked if isinstance(one, Exception)]
    return {one[0] for one in asked}, {one[1] for one in asked}  # type: ignore[index]


class TestLogoutRace:
    def test_would_be_lost_by_deleting_alone(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: a cache that a logout empties, and that a reader fills afterwards with what it had read before."""

        def stored(name: str, _sources: Any, **_counter: Any) -> Record:
            return Record(name, b"", caches["direct"].get(name))

        def store(record: Record, value: bytes) -> None:
            caches["direct"].set(record.name, value)

        def delete(source: str) -> None:
            caches["direct"].delete(f"login:{source}")

        monkeypatch.setattr(logins_under_test, "record_of", stored)
        monkeypatch.setattr(logins_under_test, "record_keep", store)
        monkeypatch.setattr("apps.common.sessions.source_changes", delete)
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        assert statuses_around(lambda: log_out(token), token, monkeypatch) == ({200}, {200})

    def test_lets_no_request_in_that_begins_after_the_answer(self) -> None:
        """16 clients ask as fast as they can while the token logs out."""
        for _ in range(3):
            seen = answers_around_a_logout(token_of(UserFactory()))
            assert (True, 401) in seen
            assert (True, 200) not in seen


def answers_around_a_logout(token: str) -> set[tuple[bool, int]]:
    """Return the statuses, each with whether its request began after the answer to the logout."""
    ended, begin = threading.Event(), threading.Barrier(CLIENTS + 1)

    def ask() -> set[tuple[bool, int]]:
        seen, is_after = set(), False
        begin.wait(60)
        while not is_after:
            is_after = ended.is_set()
            seen.add((is_after, status_of(token)))
        return seen

    def end() -> set[tuple[bool, int]]:
        begin.wait(60)
        log_out(token)
        ended.set()
        return set()

    return set().union(*at_once(*[ask] * CLIENTS, end))  # type: ignore[arg-type]


class TestTwoProcesses:
    def test_one_ends_what_the_other_knows(self) -> None:
        with another_process() as other:
            token = token_of(UserFactory())
            assert other("is_repeated", token), "what one has read, both know"
            log_out(token)
            assert other("status_of", token) == 401

            token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
            assert not other("is_repeated", token)
            assert is_repeated(token)
            for end in ("log_out", "password_by_command", "deactivation_by_code"):
                token = token_of(UserFactory())
                other(end, token)
                assert status_of(token) == 401, end


class TestChange:
    def test_is_known_only_when_it_is_committed(self) -> None:
        token = token_of(UserFactory())
        changed, looked = threading.Event(), threading.Event()

        def deactivate() -> None:
            with transaction.atomic():
                logins.deactivation_by_code(token)
                changed.set()
                assert looked.wait(60)

        def look() -> int:
            assert changed.wait(60)
            try:
                return status_of(token)
            finally:
                looked.set()

        assert at_once(deactivate, look) == [None, 200]
        assert status_of(token) == 401

    def test_that_is_rolled_back_ends_nothing(self) -> None:
        token = token_of(UserFactory())
        with transaction.atomic():
            logins.deactivation_by_code(token)
            transaction.set_rollback(True)
        assert is_repeated(token)

    def test_of_another_account_ends_nothing(self) -> None:
        token = token_of(UserFactory())
        logins.deletion(token_of(UserFactory()))
        assert is_repeated(token)

    def test_of_what_redis_does_not_repeat_ends_nothing(self) -> None:
        user = UserFactory()
        token = token_of(user)
        user.first_name = "Bea"
        user.save(update_fields=["first_name", "last_login"])
        assert is_repeated(token)

    @pytest.mark.parametrize("field", sorted(LOGIN_FIELDS))
    def test_of_what_redis_repeats_ends_it(self, field: str) -> None:
        user = UserFactory()
        token = token_of(user)
        user.save(update_fields=[field])
        assert not is_repeated(token)

    def test_of_a_role_bites_at_once(self) -> None:
        user = UserFactory()
        token = token_of(user)
        user.user_permissions.set(Permission.objects.filter(codename__in=["view_listing", "view_event"]))
        seen = [status_of(token, STAFF_PATH)]
        for field, value in [("is_staff", True), ("is_staff", False), ("is_staff", True)]:
            setattr(user, field, value)
            user.save(update_fields=[field])
            seen.append(status_of(token, STAFF_PATH))
            assert is_repeated(token)
        user.user_permissions.clear()
        seen.append(status_of(token, STAFF_PATH))
        user.is_superuser = True
        user.save()
        seen.append(status_of(token, STAFF_PATH))
        assert seen == [403, 200, 403, 200, 403, 200]

    def test_by_a_spent_refresh_token_bites_at_once(self) -> None:
        client = repeated_login(UserFactory())
        body = {"refresh_token": client.tokens["refresh_token"]}
        fresh = AppClient().accounts("POST", "tokens/refresh", body).json()["data"]["access_token"]
        assert is_repeated(fresh), "of the same session"
        RefreshToken.objects.update(exchanged_at=timezone.now() - timedelta(minutes=1))
        assert AppClient().accounts("POST", "tokens/refresh", body).status_code == 400
        assert status_of(fresh) == status_of(client.tokens["access_token"]) == 401


class TestSessionThatIsAboutToExpire:
    def test_is_read_each_time(self) -> None:
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        Session.objects.update(expire_date=timezone.now() + timedelta(seconds=9))
        assert [is_repeated(token) for _ in range(3)] == [False] * 3
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert status_of(token) == 401


class TestMarks:
    def test_live_no_longer_because_somebody_asks(self) -> None:
        """Who ends a login without Redis, or by SQL, relies on it."""
        token = token_of(UserFactory())
        server = caches["direct"]._cache.get_client()
        session = caches["direct"].make_key(session_source(Session.objects.get().session_key))
        for name in (session, *server.keys("*user:*")):
            assert 0 < server.pttl(name) <= 1_000_000
            server.pexpire(name, 500_000)
            assert is_repeated(token)
            assert server.pttl(name) <= 500_000
        server.delete(session)
        assert not is_repeated(token)

    def test_live_for_ten_seconds(self) -> None:
        """As long as a logout waits without Redis."""
        assert RECORD_SECONDS == records.RECORD_SECONDS == 10

    def test_end_a_login_that_sql_has_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.common.cache.RECORD_SECONDS", 0.2)
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        assert status_of(token) == 200
        with connection.cursor() as cursor:
            cursor.execute("UPDATE users_user SET is_active = false")
        deadline = time.monotonic() + 60
        while status_of(token) == 200:
            assert time.monotonic() < deadline
