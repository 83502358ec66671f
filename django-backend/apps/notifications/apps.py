"""Messages that must not be lost: the outbox and its delivery."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register
from django.utils.module_loading import import_string


class NotificationsConfig(AppConfig):
    """Row 2 of the design: higher apps send messages; this app imports none of them."""

    name = "apps.notifications"

    def ready(self) -> None:
        """Make a misspelt handler stop the process at start."""
        register(check_handlers)


def check_handlers(**_: Any) -> list[CheckMessage]:
    """Return an error for each topic whose handler or gatherer is not there."""
    from django.conf import settings  # noqa: PLC0415 - models are not ready when this module is imported

    errors: list[CheckMessage] = []
    for name in ("OUTBOX_HANDLERS", "OUTBOX_GATHERERS"):
        for topic, path in getattr(settings, name).items():
            try:
                import_string(path)
            except ImportError as error:
                errors.append(Error(f"{name}[{topic!r}]: {error}", id="notifications.E001"))
    return errors
