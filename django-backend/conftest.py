"""Fixtures and guards of the whole suite."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Say in one sentence what is missing when the suite is started without its servers."""
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        raise pytest.UsageError(
            "The suite needs PostgreSQL and Redis: run shell_scripts/run_tests.sh [pytest arguments], it starts both."
        )
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker:  # one Redis database each; pytest-django does the same for PostgreSQL
        address, _, _ = os.environ["REDIS_URL"].rpartition("/")
        os.environ["REDIS_URL"] = f"{address}/{int(worker.removeprefix('gw')) + 1}"


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test without rate-limit counters, sessions or other cached state of the one before."""
    from django.core.cache import cache  # noqa: PLC0415 - settings are not ready when this module is imported

    cache.clear()
