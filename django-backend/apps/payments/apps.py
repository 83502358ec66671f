"""How buyers pay."""

from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    """Payments by Stripe Checkout, without people."""

    name = "apps.payments"

    def ready(self) -> None:
        """Complete the customer at Stripe after each payment."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.payments.services.customers import customer_mark  # noqa: PLC0415
        from apps.payments.topics import PaymentSucceeded  # noqa: PLC0415

        listen(PaymentSucceeded, customer_mark, to="customer")
