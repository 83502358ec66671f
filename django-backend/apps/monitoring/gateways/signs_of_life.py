"""Signs of life: beat's, and which queues have a live worker, which workers write to the cache."""

from collections.abc import Collection, Iterable
from typing import Any, Final

from celery import current_app, signals
from django.core.cache import cache

from apps.monitoring.rules import WORKER_LIFE

_PREFIX: Final = "monitoring:served:"


def connect() -> None:
    """Make a beat and a worker of this process report themselves; does nothing in a web process.

    Beat sends its task when it starts: one that has lost its schedule would send it after a minute, and until then the
    last heartbeat may be from yesterday. A worker reports with each of Celery's heartbeats, every two seconds. They
    come from the process that talks to the broker, not from the pool, so a busy worker sends them, too.
    """
    signals.beat_init.connect(_note_beat, dispatch_uid="stt-heartbeat", weak=False)
    signals.heartbeat_sent.connect(_note_queues, dispatch_uid="stt-served-queues", weak=False)


def queues_served(names: Iterable[str]) -> None:
    """Record that a live worker serves these queues; expires after `WORKER_LIFE`."""
    cache.set_many(dict.fromkeys((_PREFIX + name for name in names), 1), int(WORKER_LIFE.total_seconds()))


def queues_unserved(names: Collection[str]) -> list[str]:
    """Return which of these queues no worker serves; all of them while Redis is unavailable."""
    found = cache.get_many(_PREFIX + name for name in names)
    return [name for name in names if _PREFIX + name not in found]


def _note_beat(**_: Any) -> None:
    current_app.send_task("monitoring.note_beat", expires=60)


def _note_queues(**_: Any) -> None:
    queues_served(current_app.amqp.queues.consume_from)
