"""What people write to us."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    """The contact form."""

    name = "apps.support"

    def ready(self) -> None:
        """Mail what comes by the form."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.support.services import contact_message_mail  # noqa: PLC0415
        from apps.support.topics import ContactMessageReceived  # noqa: PLC0415

        listen(ContactMessageReceived, contact_message_mail)
