"""Fixtures and guards of the whole suite."""

import os

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Say in one sentence what is missing when the suite is started without its servers."""
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        raise pytest.UsageError(
            "The suite needs PostgreSQL and Redis: run shell_scripts/run_tests.sh [pytest arguments], it starts both."
        )


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test without rate-limit counters, sessions or other cached state of the one before."""
    from django.core.cache import cache  # noqa: PLC0415 - settings are not ready when this module is imported

    cache.clear()
