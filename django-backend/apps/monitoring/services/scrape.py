"""The answer to a scrape of Prometheus."""

import logging
import platform
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final, Literal

import django
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, OperationalError, connection, transaction
from prometheus_client import Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from apps.common.replica import has_replica, replica_lag_seconds
from apps.monitoring.gateways.request_counts import request_families
from apps.monitoring.gateways.task_counts import queue_depths, task_families
from apps.monitoring.messages import metrics
from apps.monitoring.selectors.state import counts, live_state

logger = logging.getLogger(__name__)
COUNTS_KEY: Final = "monitoring:counts"
COUNTS_SECONDS: Final = 60
LONGEST_QUERY_MS: Final = 5_000
# There are three of them, and Prometheus waits ten seconds.
LONGEST_COUNT_MS: Final = 2_000
_TOO_SLOW: Final = "too slow"


class _Scrape(Collector):
    """What one scrape has found."""

    def __init__(self, families: list[Metric]) -> None:
        self.families = families

    def collect(self) -> list[Metric]:
        """Return the families."""
        return self.families


def metrics_text(*, accept: str, now: datetime) -> tuple[bytes, str]:
    """Return all metrics as text and its content type: OpenMetrics when `accept` asks for it, else Prometheus' own.

    The families of a source that does not answer are left out, and `stt_source_up` names it. Counts of whole tables are
    cached for a minute.
    """
    encode, content_type = choose_encoder(accept)
    return encode(_Scrape(_families(now))), content_type


def _families(now: datetime) -> list[Metric]:
    sources: dict[str, bool] = {}
    families = [
        *metrics.build_families(
            version=str(settings.SPECTACULAR_SETTINGS["VERSION"]),
            release=settings.RELEASE,
            django=django.get_version(),
            python=platform.python_version(),
        ),
        *_of(sources, "request_counts", request_families),
        *_of(sources, "task_counts", task_families),
        *_of(sources, "broker", lambda: metrics.queue_families(queue_depths())),
        *_of(sources, "database", lambda: _live_families(now)),
        *_of(sources, "database_counts", lambda: _count_families(is_database_up=sources["database"])),
    ]
    if has_replica():
        families += _of(sources, "replica", lambda: metrics.replica_families(replica_lag_seconds()))
    return [*families, *metrics.source_families(sources)]


def _of(sources: dict[str, bool], name: str, read: Callable[[], Iterable[Metric]]) -> list[Metric]:
    sources[name] = False
    try:
        families = list(read())
    except (DatabaseError, RedisError, OSError) as error:
        logger.warning("Metrics of %s are left out: %s", name, type(error).__name__)
        return []
    sources[name] = True
    return families


@contextmanager
def _limited(milliseconds: int) -> Iterator[None]:
    """Limit each statement: a thread of the web server must not outlast Prometheus's patience."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = %s", [milliseconds])
        yield
        cursor.execute("SET LOCAL statement_timeout = DEFAULT")


def _live_families(now: datetime) -> Iterator[Metric]:
    with _limited(LONGEST_QUERY_MS):
        state = live_state(now=now)
    return metrics.live_families(state, now=now)


def _count_families(*, is_database_up: bool) -> Iterator[Metric]:
    if not is_database_up:
        raise OperationalError("A database that is away is not waited for twice")
    known: metrics.Counts | Literal["too slow"] | None = cache.get(COUNTS_KEY)
    if known is None:
        try:
            with _limited(LONGEST_COUNT_MS):
                known = counts()
        except DatabaseError:
            cache.set(COUNTS_KEY, _TOO_SLOW, COUNTS_SECONDS)
            raise
        cache.set(COUNTS_KEY, known, COUNTS_SECONDS)
    if known == _TOO_SLOW:
        raise OperationalError("The tables could not be counted within the last minute")
    return metrics.count_families(known)
