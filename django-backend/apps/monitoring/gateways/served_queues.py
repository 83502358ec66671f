"""Which queues have a live worker: workers write it to the cache, the health check reads it."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from celery import current_app, signals
from django.core.cache import cache

from apps.monitoring.rules import WORKER_LIFE

_PREFIX: Final = "monitoring:served:"


def connect() -> None:
    """Make a worker of this process report itself with each of Celery's heartbeats, every two seconds.

    They come from the process that talks to the broker, not from the pool, so a busy worker sends them, too.
    """
    signals.heartbeat_sent.connect(_note, dispatch_uid="stt-served-queues", weak=False)


def queues_served(names: Iterable[str]) -> None:
    """Record that a live worker serves these queues; expires after `WORKER_LIFE`."""
    cache.set_many(dict.fromkeys((_PREFIX + name for name in names), 1), int(WORKER_LIFE.total_seconds()))


def queues_unserved(names: Collection[str]) -> list[str]:
    """Return which of these queues no worker serves; all of them while Redis is unavailable."""
    found = cache.get_many(_PREFIX + name for name in names)
    return [name for name in names if _PREFIX + name not in found]


def _note(**_: Any) -> None:
    queues_served(current_app.amqp.queues.consume_from)
