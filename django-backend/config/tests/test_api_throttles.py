"""How often the API may be asked, seen from outside."""

import threading
from collections import Counter

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache, caches
from pytest_django import Settings
from redis import Redis
from rest_framework.request import Request
from rest_framework.test import APIClient, APIRequestFactory

from apps.common.ids import uuid7
from apps.common.sessions import session_source
from apps.common.testing.clients import api_of
from apps.common.testing.queries import queries_of
from apps.common.throttling import ApiThrottle
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from apps.users.tests.logins import log_out, repeated_login
from config.environment import PROJECT_DIR

pytestmark = pytest.mark.django_db
NOON = 1_800_014_400.0 - 1_800_014_400.0 % 3_600
USER_ID = uuid7()
OPEN, OWN, STAFF = "/api/v1/timezones/", "/api/v1/me/", "/api/v1/staff/listings/"


class Clock:
    """The time by which windows are counted, set by the test."""

    def __init__(self, now: float) -> None:
        self.now = now

    def time(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stand a minute after a full hour."""
    clock = Clock(NOON + 60)
    monkeypatch.setattr("apps.common.throttling.time", clock.time)
    return clock


@pytest.fixture(autouse=True)
def limits(settings: Settings) -> Settings:
    """The rates of production."""
    settings.API_THROTTLES = {"anon": (15, 3_600), "user": (100, 3_600)}
    return settings


def statuses(client: APIClient, path: str, times: int, **headers: str) -> Counter[int]:
    return Counter(client.get(path, headers=headers).status_code for _ in range(times))


class TestAnonymous:
    def test_is_limited_by_address(self) -> None:
        """S3-57: 15 an hour; the 16th request is refused, another address is not."""
        assert statuses(APIClient(), OPEN, 15) == {200: 15}
        refused = APIClient().get(OPEN)
        assert refused.status_code == 429
        assert refused.headers["Retry-After"] == "3540"
        assert refused.json()["type"] == "client_error"
        assert [error["code"] for error in refused.json()["errors"]] == ["throttled"]
        assert statuses(APIClient(), OPEN, 1, **{"X-Forwarded-For": "198.51.100.2"}) == {200: 1}

    def test_begins_again_with_the_hour(self, clock: Clock) -> None:
        """S3-57."""
        assert statuses(APIClient(), OPEN, 16) == {200: 15, 429: 1}
        clock.now = NOON + 3_599
        assert APIClient().get(OPEN).headers["Retry-After"] == "1"
        clock.now = NOON + 3_600
        assert statuses(APIClient(), OPEN, 16) == {200: 15, 429: 1}

    def test_counts_the_address_that_the_proxy_saw(self) -> None:
        """A client can write any X-Forwarded-For; the last entry is our proxy's."""
        answers = [
            APIClient().get(OPEN, headers={"X-Forwarded-For": f"203.0.113.{number}, 198.51.100.1"}).status_code
            for number in range(16)
        ]
        assert answers == [200] * 15 + [429]

    def test_proxy_sets_the_header_that_is_believed(self) -> None:
        nginx = (PROJECT_DIR / "nginx" / "snippets" / "site.conf").read_text(encoding="utf-8")
        assert "proxy_set_header X-Forwarded-For $remote_addr;" in nginx

    @pytest.mark.parametrize(
        "addresses",
        [
            [f"2001:db8:1:2:{number:x}::1" for number in range(16)],
            [f"2001:DB8:1:2::{number:x}" for number in range(16)],
            ["::ffff:198.51.100.1", "198.51.100.1"] * 8,
        ],
    )
    def test_counts_an_ipv6_network_as_one(self, addresses: list[str]) -> None:
        """Its customer may use a new address for each request."""
        answers = [APIClient().get(OPEN, headers={"X-Forwarded-For": one}).status_code for one in addresses]
        assert answers == [200] * 15 + [429]
        assert statuses(APIClient(), OPEN, 1, **{"X-Forwarded-For": "2001:db8:1:3::1"}) == {200: 1}

    def test_may_write_anything_as_an_address(self) -> None:
        assert statuses(APIClient(), OPEN, 1, **{"X-Forwarded-For": "é \n" + "x" * 5_000}) == {200: 1}


class TestUsers:
    def test_are_limited_each_apart(self) -> None:
        """S3-57: 100 an hour for each, staff too, whatever the addresses; nobody pays for another one."""
        staff, holder = api_of(UserFactory(staff=True)), api_of(UserFactory())
        assert statuses(staff, OWN, 100) == {200: 100}
        assert statuses(staff, OWN, 1, **{"X-Forwarded-For": "198.51.100.2"}) == {429: 1}
        assert statuses(holder, OWN, 1) == statuses(APIClient(), OPEN, 1) == {200: 1}

    def test_cost_no_query_and_one_command(self, limits: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """The first request of an hour asks for more."""
        client, counts, commands = api_of(UserFactory()), [], []
        client.get(OWN)
        execute = Redis.execute_command
        monkeypatch.setattr(
            Redis, "execute_command", lambda self, *args, **kw: (commands.append(args), execute(self, *args, **kw))[1]
        )
        for rates in ({"anon": None, "user": None}, limits.API_THROTTLES):
            limits.API_THROTTLES = rates
            counts.append(queries_of(lambda: client.get(OWN)))
        assert counts[0] == counts[1]
        assert len(commands) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("long_records")
class TestTokens:
    """Redis counts a request when it is asked about the login."""

    def test_cost_one_command_for_login_and_limit(self, monkeypatch: pytest.MonkeyPatch) -> None:
        client, commands = repeated_login(UserFactory()), []
        execute = Redis.execute_command
        monkeypatch.setattr(
            Redis, "execute_command", lambda self, *args, **kw: (commands.append(args), execute(self, *args, **kw))[1]
        )
        assert client.get(OWN).status_code == 200
        assert [command[0] for command in commands] == ["EVALSHA"]

    def test_are_counted_once_each(self, limits: Settings) -> None:
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        user = UserFactory()
        one, other = repeated_login(user), repeated_login(user)  # two requests each
        assert statuses(one, OWN, 3) + statuses(other, OWN, 5) == {200: 6, 429: 2}
        assert statuses(api_of(user), OWN, 1) == {429: 1}
        assert one.get(OWN).headers["Retry-After"] == "3540"

    def test_do_not_count_what_is_refused(self, limits: Settings) -> None:
        """Permissions come first: whoever asks for what they may not see loses no request for it."""
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        client = repeated_login(UserFactory())
        assert statuses(client, STAFF, 20) == {403: 20}
        assert statuses(client, OWN, 9) == {200: 8, 429: 1}
        assert statuses(client, STAFF, 1) == {403: 1}

    @pytest.mark.usefixtures("long_records")
    def test_take_back_only_what_was_counted(self, limits: Settings) -> None:
        """Otherwise whoever is refused while Redis does not know the login could ask more often afterwards."""
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        client = repeated_login(UserFactory())
        for _ in range(5):
            caches["direct"].delete(session_source(Session.objects.get().session_key))
            assert client.get(STAFF).status_code == 403
        assert statuses(client, OWN, 9) == {200: 8, 429: 1}

    @pytest.mark.usefixtures("long_records")
    def test_leave_nothing_in_redis_for_good(self, limits: Settings, clock: Clock) -> None:
        """Redis would fill up, with a record for each session and a counter for each user and hour."""
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        client, server = repeated_login(UserFactory()), caches["direct"]._cache.get_client()
        clock.now = NOON + 3_600
        assert statuses(client, OWN, 2) == {200: 2}
        assert [name for name in server.keys("*") if server.pttl(name) < 0] == []

    def test_count_by_the_limit_of_the_view(self, limits: Settings) -> None:
        """The contact form has one of its own, the health check none."""
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        limits.CONTACT_THROTTLES = {"anon": None, "user": (2, 3_600)}
        client = repeated_login(UserFactory())
        asked = [client.post("/api/v1/contact-us/", {}).status_code for _ in range(3)]
        assert asked == [400, 400, 429]
        assert statuses(client, OWN, 9) == {200: 8, 429: 1}

    def test_count_in_the_hour_in_which_their_limit_is_checked(
        self, limits: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        limits.API_THROTTLES = {"anon": None, "user": (2, 3_600)}
        client = repeated_login(UserFactory())
        assert client.get(OWN).status_code == 429
        times = iter([NOON + 3_599, NOON + 3_600])  # of the look-up and of the check
        monkeypatch.setattr("apps.common.throttling.time", lambda: next(times))
        assert client.get(OWN).status_code == 200

    def test_of_ended_sessions_count_for_nobody(self, limits: Settings) -> None:
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        user = UserFactory()
        ended, client = repeated_login(user), repeated_login(user)
        log_out(ended.tokens["access_token"])
        assert statuses(ended, OWN, 5) == {401: 5}
        assert statuses(client, OWN, 7) == {200: 6, 429: 1}


class TestRedisThatComesAndGoes:
    """The number that `add` sets is in one store, `incr` asks the other."""

    def test_between_two_questions_fails_no_request(self, limits: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        set_elsewhere: list[str] = []
        monkeypatch.setattr(cache, "add", lambda key, _number, timeout: set_elsewhere.append(key))
        assert api_of(UserFactory()).get(OWN).status_code == 200
        assert set_elsewhere


class TestUnlimited:
    def test_health_and_liveness(self) -> None:
        """S3-57: monitors ask as often as they like."""
        assert statuses(APIClient(), "/livez", 40) == {200: 40}
        assert statuses(APIClient(), "/api/health-check/", 40) == {403: 40}

    def test_a_rate_of_none(self, limits: Settings) -> None:
        limits.API_THROTTLES = {"anon": None, "user": None}
        assert statuses(APIClient(), OPEN, 40) == {200: 40}


def allow_at_once(number: int) -> int:
    """Return how many of so many simultaneous requests pass."""
    barrier, passed = threading.Barrier(number), []

    def ask() -> None:
        request = Request(APIRequestFactory().get(OPEN))
        request.user = User(pk=USER_ID)
        barrier.wait(120)
        passed.append(ApiThrottle().allow_request(request, None))

    threads = [threading.Thread(target=ask) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(passed) == number
    return sum(passed)


class ReadingAndWriting:
    """Counts the way the library's throttle does; all read before one writes."""

    def __init__(self, number: int) -> None:
        self.barrier = threading.Barrier(number)

    def incr(self, key: str) -> int:
        count = int(cache.get(key, 0)) + 1
        self.barrier.wait(120)
        cache.set(key, count)
        return count


class TestSimultaneousRequests:
    def test_are_counted_each(self, limits: Settings) -> None:
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        assert allow_at_once(30) == 10

    def test_would_all_pass_by_reading_and_writing(self, limits: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: what `incr` is for."""
        monkeypatch.setattr("apps.common.throttling.cache", ReadingAndWriting(30))
        limits.API_THROTTLES = {"anon": None, "user": (10, 3_600)}
        assert allow_at_once(30) == 30
