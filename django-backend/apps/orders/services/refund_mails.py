"""Mails to buyers about refunds, and the credit notes of those that arrived."""

from datetime import datetime

from apps.orders.models import OrderRefund


def refund_requested_mail(refund: OrderRefund, *, now: datetime) -> None:
    """Tell the buyer that money is on its way."""


def refund_arrived_mail(refund: OrderRefund, *, now: datetime) -> None:
    """Send the credit note of a refund that has succeeded."""
