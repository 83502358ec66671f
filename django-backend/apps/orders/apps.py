"""What is sold."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Carts, orders, sales and refunds, and changes of events with their consequences."""

    name = "apps.orders"

    def ready(self) -> None:
        """Follow payments, holds and events; notify holders and buyers; say who pays, and what depends on events."""
        from apps.catalog.api import EventRescheduled, event_uses  # noqa: PLC0415 - models first
        from apps.common.listeners import listen  # noqa: PLC0415
        from apps.listings.api import HoldEnded  # noqa: PLC0415
        from apps.orders import topics  # noqa: PLC0415
        from apps.orders.selectors import sales  # noqa: PLC0415
        from apps.orders.services import (  # noqa: PLC0415
            crm,
            event_changes,
            order_mails,
            order_news,
            refund_news,
            sale_mails,
        )
        from apps.payments.api import (  # noqa: PLC0415
            DisputeClosed,
            DisputeOpened,
            EarlyFraudWarning,
            MoneyIncidentOpened,
            PaymentCancelled,
            PaymentExpired,
            PaymentFailed,
            PaymentProcessing,
            PaymentSucceeded,
            RefundEnded,
            payer_of,
        )

        listen(topics.SaleRecorded, sale_mails.sale_recorded_notify)
        listen(topics.SaleVoided, sale_mails.sale_voided_notify)
        listen(topics.OrderPaid, order_mails.order_paid_confirm)
        listen(topics.OrderPaid, crm.order_paid_to_crm, to="crm")
        listen(topics.OrderEnded, order_mails.order_ended_notify)
        listen(topics.OrderUnavailable, order_mails.order_unavailable_notify)
        listen(topics.OrderRefunded, order_mails.order_refunded_confirm)
        listen(topics.OrderMailDue, order_mails.order_mail_deliver)
        listen(topics.EventChanged, order_mails.event_changed_tell, to="buyers")
        listen(EventRescheduled, event_changes.event_rescheduled_follow)
        listen(HoldEnded, order_news.hold_ended_follow)
        listen(PaymentSucceeded, order_news.payment_succeeded_follow)
        listen(PaymentProcessing, order_news.payment_processing_follow)
        for topic in (PaymentExpired, PaymentFailed, PaymentCancelled):
            listen(topic, order_news.payment_ended_follow)
        listen(MoneyIncidentOpened, order_news.money_incident_follow)
        listen(RefundEnded, refund_news.refund_ended_follow)
        listen(DisputeOpened, refund_news.dispute_opened_follow)
        listen(DisputeClosed, refund_news.dispute_closed_follow)
        listen(EarlyFraudWarning, refund_news.fraud_warning_follow)
        event_uses.fill(sales.event_uses)
        payer_of.fill(order_news.payer_of_order)
