"""Requests and answers about checkouts and orders."""

from typing import Any

from rest_framework import serializers

from apps.common.fields import CurrencyField, IdField, MoneyField
from apps.common.serializers import StrictSerializer
from apps.listings.enums import DeliveryType, Disclosure
from apps.orders.enums import OrderMailKind, OrderStatus
from apps.orders.serializers.carts import CartEventOutput


class CheckoutInput(StrictSerializer[Any]):
    """Who buys, and what they have seen and accepted."""

    name = serializers.CharField(max_length=200, help_text="Full name of the buyer.")
    email = serializers.EmailField(help_text="The confirmation and the invoice go there.")
    transfer_email = serializers.EmailField(
        required=False,
        allow_blank=True,
        help_text="Address of the account to which tickets are transferred; needed for mobile transfers.",
    )
    terms_version = serializers.CharField(
        max_length=40, help_text="Version of the terms, with refund policy and resale notice, that the buyer accepts."
    )
    total = MoneyField(min_cents=0, help_text="The total of the cart that the buyer has seen.")


class OrderTransferInput(StrictSerializer[Any]):
    """Where tickets are transferred to."""

    transfer_email = serializers.EmailField()


class OrderRefundInput(StrictSerializer[Any]):
    """Which seats the buyer gives back: all those at an event that was moved."""

    event = IdField(look_up="/api/v1/orders/")


class OrderLineOutput(serializers.Serializer[Any]):
    """Seats of one listing, as they were ordered. Price and fee are those of one seat."""

    event = CartEventOutput()
    section = serializers.CharField()
    row = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField())
    total = MoneyField(min_cents=0, help_text="Of all seats of the line, with fees and less the discount.")
    price = MoneyField()
    fee = MoneyField(min_cents=0)
    discount = MoneyField(min_cents=0)
    delivery_type = serializers.ChoiceField(choices=DeliveryType.choices)
    in_hand_date = serializers.DateField(allow_null=True)
    disclosures = serializers.ListField(child=serializers.ChoiceField(choices=Disclosure.choices))
    is_delivered = serializers.BooleanField()
    refundable_until = serializers.DateTimeField(
        allow_null=True, help_text="The event was moved: `refund` gives the money for its seats back until then."
    )


class OrderProductOutput(serializers.Serializer[Any]):
    """A digital product, as it was ordered."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    quantity = serializers.IntegerField(min_value=1)
    total = MoneyField(min_cents=0, help_text="Of all of them, less the discount.")
    price = MoneyField(help_text="Of one.")
    discount = MoneyField(min_cents=0)
    download = serializers.URLField(
        allow_null=True, help_text="Where the file is. Null: it is not paid, is disputed, or was refunded."
    )


class OrderOutput(serializers.Serializer[Any]):
    """An order, for its buyer."""

    id = serializers.CharField(help_text="Signed: whoever has it may see the order. Show people the number.")
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=OrderStatus.choices)
    next = serializers.CharField(help_text="What happens next, for the buyer.")
    total = MoneyField(min_cents=0, help_text="What the buyer pays, with all mandatory fees. Show it first.")
    subtotal = MoneyField(help_text="The prices of seats and products.")
    fees = MoneyField(min_cents=0)
    discount = MoneyField(min_cents=0)
    refunded = MoneyField(min_cents=0, help_text="Refunds that have arrived.")
    currency = CurrencyField()
    placed_at = serializers.DateTimeField()
    held_until = serializers.DateTimeField(
        allow_null=True,
        help_text="The seats are held until then; `pay` may hold them longer. Null: nobody has to pay any more.",
    )
    paid_at = serializers.DateTimeField(allow_null=True)
    name = serializers.CharField()
    email = serializers.EmailField()
    transfer_email = serializers.CharField(help_text="Empty if no ticket is transferred.")
    terms_version = serializers.CharField()
    refundable_until = serializers.DateTimeField(
        allow_null=True, help_text="The latest of those of the lines. Null: the buyer has nothing to choose."
    )
    lines = OrderLineOutput(many=True)
    products = OrderProductOutput(many=True)


class StaffOrderLineOutput(OrderLineOutput):
    """A line with the id that refunds take."""

    id = serializers.UUIDField()


class StaffOrderOutput(OrderOutput):
    """An order, for staff."""

    id = serializers.UUIDField()  # type: ignore[assignment]  # not the signed one
    link = serializers.URLField(help_text="The page of the order. Whoever has the address may act for the buyer.")
    lines = StaffOrderLineOutput(many=True)


class OrderToPayOutput(OrderOutput):
    """An order with the address at which it is paid."""

    payment_url = serializers.URLField(
        allow_null=True,
        help_text="Send the buyer there. Null: there is nothing to pay, or Stripe does not answer; ask `pay` again.",
    )


class OrderMailOutput(serializers.Serializer[Any]):
    """A mail that is sent again."""

    mail = serializers.ChoiceField(choices=OrderMailKind.choices, help_text="What the mail is about.")
    email = serializers.EmailField(help_text="Where it goes.")
    queued_at = serializers.DateTimeField()
