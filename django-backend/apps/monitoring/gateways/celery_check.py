"""The Celery check: distinguishes a dead worker from a dead broker, so that each failure is reported once."""

import dataclasses
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from health_check.contrib.celery import Ping
from health_check.exceptions import ServiceUnavailable
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from apps.monitoring.gateways.signs_of_life import queues_unserved


@dataclasses.dataclass(repr=False)
class CeleryCheck(Ping):
    """Checks that each queue has a live worker; `state_unknown` is set when the broker itself fails.

    Workers send heartbeats, so a busy one raises no alarm and the check waits for nobody. Only if heartbeats are
    missing are workers pinged, for a second: the cache was lost, or they are dead.

    A broker on the cache's own Redis has a row already (Cache): then Celery is "unknown", not failing. A broker of its
    own has no other row and fails here.
    """

    timeout: timedelta = timedelta(seconds=1)
    state_unknown: bool = dataclasses.field(default=False, init=False)

    def run(self) -> None:
        """Check heartbeats, then ping.

        Raises:
            ServiceUnavailable: a queue has no worker, or a broker that has no row of its own does not answer.
        """
        try:
            with self.app.connection_for_write(connect_timeout=2) as connection:
                connection.ensure_connection(max_retries=1, interval_start=0, timeout=2)
            if queues_unserved([queue.name for queue in settings.CELERY_TASK_QUEUES]):
                super().run()
        except (OperationalError, RedisError, OSError) as error:
            if not broker_is_cache():
                raise ServiceUnavailable("The broker does not answer") from error
            self.state_unknown = True


def broker_is_cache() -> bool:
    """Return whether broker and cache are one Redis server (host and port), whatever the database numbers."""
    location = settings.CACHES["default"].get("LOCATION") or ""
    return _server(settings.CELERY_BROKER_URL) == _server(location)


def _server(address: str) -> tuple[str | None, int | None, str]:
    parts = urlsplit(address)
    return parts.hostname, parts.port, parts.path if parts.scheme in {"unix", "redis+socket"} else ""
