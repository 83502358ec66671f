"""Requests and answers about refunds of orders."""

from typing import Any, Final

from rest_framework import serializers

from apps.catalog.enums import EventStatus
from apps.common.acts import ChangeSource
from apps.common.fields import CurrencyField, IdField, MoneyField, ShortListField, WordField
from apps.common.serializers import StrictSerializer
from apps.orders.errors.refunds import STAFF_ORDERS
from apps.orders.rules.refunds import RefundScope
from apps.orders.serializers.carts import CartEventOutput
from apps.payments.enums import RefundReason, RefundStatus
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

MAX_LINES: Final = 50
# The others are those of the system.
STAFF_REASONS: Final = [
    (reason.value, reason.label)
    for reason in (
        RefundReason.REQUESTED,
        RefundReason.DUPLICATE,
        RefundReason.FRAUDULENT,
        RefundReason.EVENT_CANCELLED,
        RefundReason.UNAVAILABLE,
    )
]
REASONS: Final = [*RefundReason.choices, ("dispute", "Lost dispute")]


class RefundLineInput(StrictSerializer[Any]):
    """Seats of a line; without names, all of them."""

    line = IdField(look_up=STAFF_ORDERS)
    seats = ShortListField(
        child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK, required=False
    )


class RefundScopeInput(StrictSerializer[Any]):
    """Whole seats by line, or a line by its id; without either, all lines."""

    lines = ShortListField(child=RefundLineInput(), min_length=1, max_length=MAX_LINES, required=False)
    line = IdField(look_up=STAFF_ORDERS, required=False, help_text="The only line that an amount is taken from.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        lines = [one["line"] for one in attrs.get("lines", ())]
        if len({*lines}) < len(lines):
            raise serializers.ValidationError({"lines": "Name each line once."})
        if lines and "line" in attrs:
            raise serializers.ValidationError({"line": "Send either lines or a line."})
        return attrs

    def scope(self) -> RefundScope:
        """Return what is to be refunded, as validated."""
        sent = self.validated_data
        lines = {one["line"]: one.get("seats") for one in sent["lines"]} if "lines" in sent else None
        return RefundScope(seats=lines, amount_cents=sent.get("amount"), line_id=sent.get("line"))


class RefundInput(RefundScopeInput):
    """What to refund: `lines` are whole seats, whose sales become void; after an `amount` the sales stand.

    Without either, everything that is left goes back, and all sales become void.
    """

    amount = MoneyField(required=False)
    reason = WordField(choices=STAFF_REASONS)
    note = serializers.CharField(
        max_length=300, required=False, allow_blank=True, default="", help_text="For the buyer."
    )
    return_seats = serializers.BooleanField(help_text="Whole seats go back on sale; otherwise they are withdrawn.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        if "amount" in attrs and "lines" in attrs:
            raise serializers.ValidationError({"amount": "Send either lines or an amount."})
        if "line" in attrs and "amount" not in attrs:
            raise serializers.ValidationError({"line": "It is for an amount; name whole seats in lines."})
        if "amount" in attrs and attrs["return_seats"]:
            raise serializers.ValidationError({"return_seats": "After a refund of an amount the sales stand."})
        return attrs


class RefundSeatOutput(serializers.Serializer[Any]):
    """One seat, or a line of products, with a part of what was paid for it: price and fee, less discount."""

    line = serializers.UUIDField()
    sale = serializers.UUIDField(allow_null=True, help_text="Null: it is a line of products.")
    seat = serializers.CharField(help_text="The seat, or the name of the product.")
    amount = MoneyField(min_cents=0)
    list_price = MoneyField(min_cents=0)
    commission = MoneyField(min_cents=0, help_text="The house's share of the list price; the rest is the holder's.")
    fee = MoneyField(min_cents=0)
    discount = MoneyField(min_cents=0)
    holder_discount = MoneyField(min_cents=0, help_text="What the holder bore of the discount.")


class RefundOutput(serializers.Serializer[Any]):
    """A refund of an order, or what a bank has taken in a dispute."""

    id = serializers.UUIDField()
    amount = MoneyField()
    currency = CurrencyField()
    status = serializers.ChoiceField(choices=RefundStatus.choices)
    failure_code = serializers.CharField(help_text="Stripe's code for why it failed.")
    reason = serializers.ChoiceField(choices=REASONS)
    note = serializers.CharField()
    return_seats = serializers.BooleanField()
    requested_at = serializers.DateTimeField()
    requested_by = serializers.CharField(allow_null=True)
    source = serializers.ChoiceField(choices=ChangeSource.choices)  # type: ignore[assignment]  # a field of that name
    seats = RefundSeatOutput(many=True, help_text="Empty until staff say which seats a refund from Stripe is for.")


class SeatLeftOutput(RefundSeatOutput):
    """A sold seat, and what is left to refund of it."""

    is_void = serializers.BooleanField(help_text="Its sale is void.")


class OrderRefundsOutput(serializers.Serializer[Any]):
    """What was refunded of an order, and what is left."""

    number = serializers.CharField()
    currency = CurrencyField()
    paid = MoneyField(min_cents=0)
    refunded = MoneyField(min_cents=0, help_text="What has arrived.")
    left = MoneyField(min_cents=0, help_text="What can still be refunded.")
    disputed_at = serializers.DateTimeField(allow_null=True, help_text="Since when a bank disputes the payment.")
    evidence_due = serializers.DateTimeField(allow_null=True, help_text="Until when the bank takes evidence.")
    seats = SeatLeftOutput(many=True)
    refunds = RefundOutput(many=True, help_text="The latest first.")


class EventRefundProblemOutput(serializers.Serializer[Any]):
    """An order that was left to staff."""

    order = serializers.UUIDField()
    number = serializers.CharField()
    why = serializers.CharField()


class EventRefundRunOutput(serializers.Serializer[Any]):
    """How far the refunds for a cancelled event are."""

    id = serializers.UUIDField()
    begun_at = serializers.DateTimeField()
    begun_by = serializers.CharField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True, help_text="When all its refunds had ended.")
    requested = serializers.IntegerField(min_value=0, help_text="Refunds, one for each order.")
    arrived = serializers.IntegerField(min_value=0, help_text="Those that Stripe has made.")
    refunded = MoneyField(min_cents=0, help_text="What they sum to.")
    dry = serializers.IntegerField(
        min_value=0, help_text="Those that wait for balance at Stripe; they are sent again each hour."
    )
    failed = serializers.IntegerField(min_value=0, help_text="Those that failed; staff send them again.")
    problems = EventRefundProblemOutput(many=True, help_text="Orders that could not be refunded.")


class EventRefundsOutput(serializers.Serializer[Any]):
    """What the refunds for an event still come to: seats whose sales stand, of orders that no bank disputes."""

    event = CartEventOutput()
    event_status = serializers.ChoiceField(choices=EventStatus.choices)
    orders = serializers.IntegerField(min_value=0)
    seats = serializers.IntegerField(min_value=0)
    amount = MoneyField(min_cents=0)
    currency = CurrencyField()
    disputed_orders = serializers.IntegerField(
        min_value=0, help_text="Orders with seats that are left to their buyers' banks."
    )
    available = MoneyField(
        min_cents=0, allow_null=True, help_text="What the balance at Stripe has for refunds. Null: it is not known."
    )
    is_covered = serializers.BooleanField(allow_null=True, help_text="The balance covers the amount.")
    run = EventRefundRunOutput(allow_null=True, help_text="Null: they have not begun.")
