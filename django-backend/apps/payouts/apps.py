"""What holders have earned."""

from django.apps import AppConfig


class PayoutsConfig(AppConfig):
    """Monthly statements."""

    name = "apps.payouts"

    def ready(self) -> None:
        """Notify holders of their statements."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.payouts.services.statement_mails import statement_ready_notify  # noqa: PLC0415
        from apps.payouts.topics import StatementReady  # noqa: PLC0415

        listen(StatementReady, statement_ready_notify)
