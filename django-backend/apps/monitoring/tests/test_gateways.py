"""When the broker is the cache's own server, and when workers are asked whether they live."""

from unittest.mock import Mock

import pytest
from celery import current_app, signals
from django.core.cache import cache
from django.core.cache.backends import redis
from health_check.contrib.celery import Ping
from health_check.exceptions import ServiceUnavailable
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.monitoring.gateways.celery_check import CeleryCheck, broker_is_cache
from apps.monitoring.gateways.served_queues import queues_served, queues_unserved
from apps.monitoring.rules import WORKER_LIFE

BOTH = ["default", "notifications"]


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> list[CeleryCheck]:
    """Return who was pinged; nobody answers."""
    pinged: list[CeleryCheck] = []

    def ping(check: CeleryCheck) -> None:
        pinged.append(check)
        raise ServiceUnavailable("Celery workers unavailable")

    monkeypatch.setattr(Ping, "run", ping)
    return pinged


class TestCeleryCheck:
    def test_waits_for_nobody_when_all_have_said_that_they_live(self, pings: list[CeleryCheck]) -> None:
        queues_served(BOTH)
        CeleryCheck().run()
        assert pings == []

    @pytest.mark.parametrize("served", [[], ["default"], ["notifications"], ["another"]])
    def test_asks_when_a_queue_has_no_worker(self, served: list[str], pings: list[CeleryCheck]) -> None:
        queues_served(served)
        with pytest.raises(ServiceUnavailable, match="Celery workers unavailable"):
            CeleryCheck().run()
        assert len(pings) == 1

    def test_asks_when_the_cache_is_away(self, pings: list[CeleryCheck], monkeypatch: pytest.MonkeyPatch) -> None:
        """With a broker of its own: a dead cache has a row already, and is not blamed on Celery."""
        queues_served(BOTH)
        for operation in ("get_many", "set_many"):
            monkeypatch.setattr(redis.RedisCache, operation, Mock(side_effect=RedisConnectionError))
        with pytest.raises(ServiceUnavailable, match="Celery workers unavailable"):
            CeleryCheck().run()
        assert len(pings) == 1


class TestSignOfLife:
    def test_is_given_with_each_heartbeat_for_the_queues_of_the_worker(self) -> None:
        signals.heartbeat_sent.send(sender=None)
        assert queues_unserved(BOTH) == []

    def test_is_given_for_no_other_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker that was started with `--queues default`."""
        monkeypatch.setattr(current_app.amqp.queues, "_consume_from", {"default": None})
        signals.heartbeat_sent.send(sender=None)
        assert queues_unserved(BOTH) == ["notifications"]

    def test_is_forgotten_after_half_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The bound of docs/monitoring.md."""
        lives: list[object] = []
        monkeypatch.setattr(cache, "set_many", lambda _, life: lives.append(life))
        queues_served(BOTH)
        assert lives == [30] == [WORKER_LIFE.total_seconds()]


class TestBeat:
    def test_has_its_heartbeat_noted_as_soon_as_it_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A beat without a memory has the first task done after a minute; the last heartbeat is old until then."""
        sent: list[str] = []
        monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
        signals.beat_init.send(sender=None)
        assert sent == ["monitoring.note_beat"]


class TestBrokerIsCache:
    @pytest.mark.parametrize(
        ("broker", "cache", "same"),
        [
            ("redis://:pw@h:6379/1", "redis://:pw@h:6379/0", True),
            ("redis://h:6380/0", "redis://h:6379/0", False),
            ("redis://other:6379/0", "redis://h:6379/0", False),
            ("amqp://h//", "redis://h:6379/0", False),
            ("redis+socket:///run/a.sock", "unix:///run/a.sock", True),
            ("redis+socket:///run/b.sock", "unix:///run/a.sock", False),
            ("redis://h:6379/0", "", False),
        ],
    )
    def test_compares_servers_not_databases(self, settings: Settings, broker: str, cache: str, same: bool) -> None:
        settings.CELERY_BROKER_URL = broker
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": cache}}
        assert broker_is_cache() is same
