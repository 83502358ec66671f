"""Messages that must not be lost: the outbox and the ways out of it."""

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register


class NotificationsConfig(AppConfig):
    """Row 2 of the design: told by every app above, telling none of them by import."""

    name = "apps.notifications"

    def ready(self) -> None:
        """Let a misspelt handler stop the process at its start."""
        register(check_handlers)


def check_handlers(**_: Any) -> list[CheckMessage]:
    """Return an error for each topic of OUTBOX_HANDLERS whose handler is not there."""
    from django.conf import settings  # noqa: PLC0415 - models are not ready when this module is imported

    from apps.notifications.services.delivery import handler_of  # noqa: PLC0415 - the same

    errors: list[CheckMessage] = []
    for topic in settings.OUTBOX_HANDLERS:
        try:
            handler_of(topic)
        except ImportError as error:
            errors.append(Error(f"OUTBOX_HANDLERS[{topic!r}]: {error}", id="notifications.E001"))
    return errors
