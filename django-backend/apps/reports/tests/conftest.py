"""GitHub at once: no pace between requests, and waits that are noted instead of waited."""

import time
from types import SimpleNamespace

import pytest

from apps.reports import gateways


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Return the seconds that were waited between attempts, without waiting them."""
    waited: list[float] = []
    monkeypatch.setattr(gateways, "SECONDS_BETWEEN_REQUESTS", None)
    clock = SimpleNamespace(sleep=waited.append, time=time.time)
    monkeypatch.setattr("urllib3.util.retry.time", clock)
    return waited
