"""Counters of requests, in this process or, under gunicorn, in files that its processes share.

prometheus_client looks for PROMETHEUS_MULTIPROC_DIR when it is imported; config/gunicorn.py sets it before.
"""

import os
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Metric
from prometheus_client.multiprocess import MultiProcessCollector

from apps.monitoring.gateways.worker_files import FOLDER, UNREADABLE, reading

NO_ROUTE: Final = "(none)"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_OWN: Final = CollectorRegistry()
_REQUESTS: Final = Counter("stt_http_requests", "Answered requests.", ["route", "method", "status"], registry=_OWN)
_SECONDS: Final = Histogram(
    "stt_http_request_seconds",
    "Time from the arrival of a request to its answer.",
    ["route", "method"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
    registry=_OWN,
)
_IN_PROGRESS: Final = Gauge(
    "stt_http_requests_in_progress", "Requests that are being answered.", multiprocess_mode="livesum", registry=_OWN
)
# Counts a request as in progress while the block of a `with` runs.
request_in_progress: Final = _IN_PROGRESS.track_inprogress


def request_counted(*, route: str | None, method: str | None, status: int, seconds: float) -> None:
    """Count an answer. `route` is the pattern and never the path, so there are as many series as routes."""
    route, method = route or NO_ROUTE, method if method in _METHODS else "other"
    _REQUESTS.labels(route, method, f"{status // 100}xx").inc()
    # A series that begins at 1 has no rate, so error series exist from the first answer on.
    _REQUESTS.labels(route, method, "5xx")
    _SECONDS.labels(route, method).observe(seconds)


def request_families() -> list[Metric]:
    """Return the counts of this process, or of all processes of this gunicorn, those that ended included.

    Raises:
        OSError: the files of the processes cannot be read.
    """
    folder = os.environ.get(FOLDER)
    if not folder:
        return list(_OWN.collect())
    try:
        with reading(Path(folder)):
            return list(MultiProcessCollector(None, path=folder).collect())
    except UNREADABLE as error:
        raise OSError("A file of counts is torn") from error
