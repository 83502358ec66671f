"""Which queues have a living worker: workers say so in the cache, the health check reads it."""

import logging
from collections.abc import Iterable
from typing import Any, Final

from celery import current_app, signals
from django.core.cache import cache
from redis.exceptions import RedisError

from apps.monitoring.rules import WORKER_LIFE

logger = logging.getLogger(__name__)
_PREFIX: Final = "monitoring:served:"


def connect() -> None:
    """Let a worker of this process say that it lives, with each of Celery's own heartbeats: every two seconds.

    They come from the process that talks to the broker, not from the pool, so a worker is never too busy for them.
    """
    signals.heartbeat_sent.connect(_note, dispatch_uid="stt-served-queues", weak=False)


def queues_served(names: Iterable[str]) -> None:
    """Note that a living worker takes from these queues; forgotten after `WORKER_LIFE`. A dead cache is only logged."""
    try:
        cache.set_many(dict.fromkeys((_PREFIX + name for name in names), 1), int(WORKER_LIFE.total_seconds()))
    except (RedisError, OSError) as error:
        logger.debug("The worker cannot say that it lives: %s", type(error).__name__)


def queues_unserved(names: Iterable[str]) -> list[str]:
    """Return which of these queues no worker has said to take from; all of them when the cache does not answer."""
    keys = {_PREFIX + name: name for name in names}
    try:
        found = cache.get_many(keys)
    except (RedisError, OSError):
        found = {}
    return [name for key, name in keys.items() if key not in found]


def _note(**_: Any) -> None:
    queues_served(current_app.amqp.queues.consume_from)
