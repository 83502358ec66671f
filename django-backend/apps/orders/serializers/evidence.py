"""The evidence about an order."""

from typing import Any

from rest_framework import serializers

from apps.common.fields import MoneyField
from apps.orders.enums import OrderMailKind, OrderMailState
from apps.orders.serializers.orders import OrderOutput
from apps.orders.serializers.refunds import RefundOutput


class EvidenceOrderOutput(OrderOutput):
    """An order without the id that opens it: who ordered what, when, and which terms were accepted."""

    id = None  # type: ignore[assignment]  # so a serializer leaves out a field


class EvidenceDisputeOutput(serializers.Serializer[Any]):
    """A dispute, in Stripe's words."""

    stripe_id = serializers.CharField()
    amount = MoneyField()
    reason = serializers.CharField()
    status = serializers.CharField()
    opened_at = serializers.DateTimeField()
    due_by = serializers.DateTimeField(allow_null=True, help_text="Until when Stripe takes evidence.")
    closed_at = serializers.DateTimeField(allow_null=True)


class EvidenceDeliveryOutput(serializers.Serializer[Any]):
    """A seat, and when its buyer got the ticket."""

    event = serializers.CharField()
    starts_at_local = serializers.CharField()
    section = serializers.CharField()
    row = serializers.CharField()
    seat = serializers.CharField()
    sold_at = serializers.DateTimeField()
    delivered_at = serializers.DateTimeField(allow_null=True)
    voided_at = serializers.DateTimeField(allow_null=True)


class EvidenceMailOutput(serializers.Serializer[Any]):
    """A mail to the buyer."""

    kind = serializers.ChoiceField(choices=OrderMailKind.choices)
    copy = serializers.IntegerField(min_value=0, help_text="0: the first one; above: sent again.")
    state = serializers.ChoiceField(choices=OrderMailState.choices)
    queued_at = serializers.DateTimeField()
    sent_at = serializers.DateTimeField(allow_null=True)


class EvidenceInvoiceOutput(serializers.Serializer[Any]):
    """An invoice or a credit note; its PDF is in the admin."""

    code = serializers.CharField()
    total = MoneyField(min_cents=0)
    issued_at = serializers.DateTimeField()


class OrderEvidenceOutput(serializers.Serializer[Any]):
    """What Stripe asks for when a bank disputes a payment."""

    order = EvidenceOrderOutput()
    disputes = EvidenceDisputeOutput(many=True)
    deliveries = EvidenceDeliveryOutput(many=True)
    mails = EvidenceMailOutput(many=True)
    invoices = EvidenceInvoiceOutput(many=True)
    refunds = RefundOutput(many=True)
