"""Counts of tasks: workers write them, web reads them.

A worker has no port to scrape, and its pool's processes come and go. So it increments one hash in the cache's Redis:
one small round trip after each task, nothing to vacuum, nothing to clean up after a killed process. If Redis loses the
hash, Prometheus sees a counter reset.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache
from math import nan
from typing import Any, Final

import redis
from celery import signals
from django.conf import settings
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from redis.exceptions import RedisError

SECONDS: Final = 1.0
UNACKED: Final = "unacked"
logger = logging.getLogger(__name__)
KEY: Final = "stt:metrics:tasks"
BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)
_SEPARATOR: Final = "|"
_begun: dict[str, float] = {}


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


def connect() -> None:
    """Count every task that this process runs from now on; a second call changes nothing."""
    signals.task_prerun.connect(_begin, dispatch_uid="stt-metrics-begin", weak=False)
    signals.task_postrun.connect(_end, dispatch_uid="stt-metrics-end", weak=False)


def task_counted(*, task: str, outcome: str, seconds: float) -> None:
    """Count one task: `outcome` is its Celery state in lower case. A dead Redis is only logged."""
    client = _client(_address())
    if client is None:
        return
    bucket = next((str(limit) for limit in BUCKETS if seconds <= limit), "+Inf")
    pipeline = client.pipeline(transaction=False)
    pipeline.hincrby(KEY, _SEPARATOR.join(("outcome", task, outcome)), 1)
    pipeline.hincrby(KEY, _SEPARATOR.join(("bucket", task, bucket)), 1)
    pipeline.hincrbyfloat(KEY, _SEPARATOR.join(("seconds", task, "")), seconds)
    try:
        pipeline.execute()
    except RedisError as error:
        logger.debug("A task is not counted: %s", type(error).__name__)


def task_families() -> list[Metric]:
    """Return the counts of all workers; one round trip.

    Raises:
        RedisError: Redis does not answer.
    """
    client = _client(_address())
    found: Mapping[bytes, bytes] = {} if client is None else client.hgetall(KEY)  # type: ignore[assignment]
    return list(_families({key.decode(): float(value) for key, value in found.items()}))


def _families(found: Mapping[str, float]) -> Iterator[Metric]:
    ended = CounterMetricFamily("stt_tasks", "Tasks that workers ended.", labels=["task", "outcome"])
    spent = HistogramMetricFamily("stt_task_seconds", "How long tasks ran.", labels=["task"])
    buckets: dict[str, dict[str, float]] = defaultdict(dict)
    sums: dict[str, float] = {}
    for key, value in sorted(found.items()):
        kind, task, what = key.split(_SEPARATOR)
        if kind == "outcome":
            ended.add_metric([task, what], value)
        elif kind == "bucket":
            buckets[task][what] = value
        else:
            sums[task] = value
    for task, counted in sorted(buckets.items()):
        total, cumulated = 0.0, []
        for limit in (*map(str, BUCKETS), "+Inf"):
            total += counted.get(limit, 0.0)
            cumulated.append((limit, total))
        spent.add_metric([task], buckets=cumulated, sum_value=sums.get(task, 0.0))
    yield ended
    yield spent


def _begin(task_id: str = "", **_: Any) -> None:
    _begun[task_id] = time.perf_counter()


def _end(task_id: str = "", task: Any = None, state: str | None = None, **_: Any) -> None:
    begun = _begun.pop(task_id, None)
    if begun is not None:
        task_counted(task=task.name, outcome=(state or "unknown").lower(), seconds=time.perf_counter() - begun)


def _address() -> str | None:
    location = settings.CACHES["default"].get("LOCATION")
    return redis_url(location) if isinstance(location, str) else None


@lru_cache(maxsize=4)
def _client(address: str | None) -> redis.Redis | None:
    # One pool for each process; it detects a fork by itself.
    if address is None:
        return None
    return redis.Redis.from_url(address, socket_connect_timeout=SECONDS, socket_timeout=SECONDS)
