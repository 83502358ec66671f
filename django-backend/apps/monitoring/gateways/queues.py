"""How many tasks wait at the broker."""

from math import nan
from typing import Final

import redis
from django.conf import settings

SECONDS: Final = 1.0
UNACKED: Final = "unacked"


def queue_depths() -> dict[str, float]:
    """Return the number of waiting tasks by queue, and those taken but not done as `unacked`; one round trip.

    Kombu keeps each queue in a Redis list of that name. Other brokers are not asked: all depths are unknown (NaN) then;
    they have exporters of their own.

    Raises:
        RedisError: the broker does not answer.
    """
    names = [queue.name for queue in settings.CELERY_TASK_QUEUES]
    url = redis_url(settings.CELERY_BROKER_URL)
    if url is None:
        return dict.fromkeys([*names, UNACKED], nan)
    with redis.Redis.from_url(url, socket_connect_timeout=SECONDS, socket_timeout=SECONDS) as client:
        pipeline = client.pipeline(transaction=False)
        for name in names:
            pipeline.llen(name)
        pipeline.hlen(UNACKED)
        return {name: float(size) for name, size in zip([*names, UNACKED], pipeline.execute(), strict=True)}


def redis_url(address: str | None) -> str | None:
    """Return an address for the Redis client, None for anything but a single Redis."""
    text = address or ""
    if text.startswith(("redis://", "rediss://", "unix://")):
        return text
    if text.startswith("redis+socket://"):
        return "unix://" + text.removeprefix("redis+socket://").replace("virtual_host=", "db=")
    return None
