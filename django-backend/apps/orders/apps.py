"""What is sold."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Sales, and changes of events with their consequences."""

    name = "apps.orders"

    def ready(self) -> None:
        """Notify holders of sales; count what depends on events, and follow those that an import moves."""
        from apps.catalog.api import EventRescheduled, event_uses  # noqa: PLC0415 - models first
        from apps.common.listeners import listen  # noqa: PLC0415
        from apps.orders.selectors import sales  # noqa: PLC0415
        from apps.orders.services import event_changes, sale_mails  # noqa: PLC0415
        from apps.orders.topics import SaleRecorded, SaleVoided  # noqa: PLC0415

        listen(SaleRecorded, sale_mails.sale_recorded_notify)
        listen(SaleVoided, sale_mails.sale_voided_notify)
        listen(EventRescheduled, event_changes.event_rescheduled_follow)
        event_uses.fill(sales.event_uses)
