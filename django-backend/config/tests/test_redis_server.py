"""Logins that Redis repeats while it is full, emptied or restarted."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import caches
from pytest_django import Settings
from redis import Redis
from redis.connection import Connection

from apps.common.cache import RedisCache
from apps.users.testing.factories import UserFactory
from apps.users.tests.logins import is_repeated, log_out, repeated_login, status_of
from devtools.embedded import RedisServer, throw_away_services

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("long_records")]


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    with throw_away_services(migrated=False) as (_, redis):
        yield redis


@pytest.fixture
def waits(server: RedisServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Use this Redis; return how long requests would have waited for it."""
    settings.CACHES = {name: {**given, "LOCATION": server.url} for name, given in settings.CACHES.items()}
    waited: list[float] = []
    monkeypatch.setattr("apps.common.records.sleep", waited.append)
    return waited


def commands() -> Any:
    return caches["direct"]._cache.get_client()


@pytest.fixture
def token(waits: list[float]) -> str:
    """The access token of a login that this Redis repeats."""
    return str(repeated_login(UserFactory()).tokens["access_token"])


def test_full_redis_delays_no_logout(token: str, waits: list[float]) -> None:
    """It refuses to write and still deletes."""
    commands().config_set("maxmemory", 1)
    try:
        assert status_of(token) == 200
        log_out(token)
    finally:
        commands().config_set("maxmemory", 0)
    RedisCache.resting_until.clear()
    assert status_of(token) == 401
    assert not waits


def test_emptied_redis_learns_the_login_again(token: str) -> None:
    commands().flushall()
    commands().script_flush()
    assert not is_repeated(token)
    assert is_repeated(token)


def test_restarted_redis_delays_no_request(token: str, server: RedisServer, waits: list[float]) -> None:
    """The connections to the former one are closed."""
    server.stop()
    server.start(port=server.port)
    assert not is_repeated(token)
    assert is_repeated(token)
    server.stop()
    server.start(port=server.port)
    log_out(token)
    assert status_of(token) == 401
    assert not waits


def test_line_that_was_cut_delays_no_request(
    token: str, server: RedisServer, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A firewall forgets a quiet connection; the process notices it only when it writes."""
    monkeypatch.setattr(Connection, "can_read", lambda *_, **__: False)
    with Redis.from_url(server.url) as other:
        other.client_kill_filter(_type="normal", skipme=True)
        assert is_repeated(token)
        other.client_kill_filter(_type="normal", skipme=True)
        log_out(token)
    assert status_of(token) == 401
    assert not waits
