"""When the broker is the cache's own server."""

import pytest
from pytest_django import Settings

from apps.monitoring.gateways.celery_check import broker_is_cache


class TestBrokerIsCache:
    @pytest.mark.parametrize(
        ("broker", "cache", "same"),
        [
            ("redis://:pw@h:6379/1", "redis://:pw@h:6379/0", True),
            ("redis://h:6380/0", "redis://h:6379/0", False),
            ("redis://other:6379/0", "redis://h:6379/0", False),
            ("amqp://h//", "redis://h:6379/0", False),
            ("redis+socket:///run/a.sock", "unix:///run/a.sock", True),
            ("redis+socket:///run/b.sock", "unix:///run/a.sock", False),
            ("redis://h:6379/0", "", False),
        ],
    )
    def test_compares_servers_not_databases(self, settings: Settings, broker: str, cache: str, same: bool) -> None:
        settings.CELERY_BROKER_URL = broker
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": cache}}
        assert broker_is_cache() is same
