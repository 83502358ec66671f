"""Requests and answers about sales and changes of events."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.catalog.api import LABEL_HELP, EventOutput
from apps.catalog.enums import VENUES, EventStatus
from apps.common.acts import ChangeSource
from apps.common.fields import (
    CurrencyField,
    IdField,
    MoneyField,
    MultilineField,
    RateField,
    ShortListField,
    WholeNumberField,
)
from apps.common.serializers import StrictSerializer
from apps.holders.api import PayoutStepOutput
from apps.listings.enums import STAFF_LISTINGS
from apps.orders.enums import DeliveryStatus
from apps.orders.errors.sales import STAFF_SALES
from apps.orders.models import Marketplace
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

MAX_SALES = 500


class OffsetDateTimeField(serializers.DateTimeField):
    """A time with its offset; without one it could be local or UTC."""

    default_error_messages = {"no_offset": "Add the offset: 2030-09-08T13:00:00-04:00, or Z for UTC."}

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("no_offset")
        return super().enforce_timezone(value)


class EventNoteInput(StrictSerializer[Any]):
    """Why; the holders of the seats read it."""

    note = MultilineField(max_length=300)


class EventRescheduleInput(EventNoteInput):
    """The new start, with the offset of the place or in UTC, and where; without a venue it stays where it is."""

    starts_at = OffsetDateTimeField(help_text="ISO 8601 with an offset.")
    time_tbd = serializers.BooleanField(default=False, help_text="The clock time is not decided yet.")
    date_tbd = serializers.BooleanField(default=False, help_text="The date is not decided yet either.")
    venue = IdField(look_up=VENUES, required=False, allow_null=True, default=None)


class EventChangeOutput(serializers.Serializer[Any]):
    """The event as it is now, and how much the change touched."""

    event = EventOutput()
    listings = serializers.IntegerField(min_value=0, help_text="Listings whose history records the change.")
    sales = serializers.IntegerField(
        min_value=0, help_text="Sales flagged for refund, if cancelled; to be delivered again, if rescheduled."
    )
    holders = serializers.IntegerField(min_value=0, help_text="Holders who get a mail about it.")


class MarketplaceOutput(serializers.ModelSerializer[Marketplace]):
    """Where seats are sold; programs use the code."""

    class Meta:
        model = Marketplace
        fields = ("code", "name")


class SaleEventOutput(serializers.Serializer[Any]):
    """The event of a sale as it is today."""

    id = serializers.UUIDField(source="event_id")
    name = serializers.CharField(source="event__name")
    label = serializers.CharField(source="event__label", help_text=LABEL_HELP)  # type: ignore[assignment]  # a field of that name
    starts_at = serializers.DateTimeField(source="event__starts_at")
    status = serializers.ChoiceField(choices=EventStatus.choices, source="event__status")


class SaleMarketplaceOutput(serializers.Serializer[Any]):
    """The marketplace of a sale."""

    code = serializers.CharField(source="marketplace__code")
    name = serializers.CharField(source="marketplace__name")


class SaleOutput(serializers.Serializer[Any]):
    """One seat sold: the price and its split as they were on the day of the sale, for good."""

    id = serializers.UUIDField()
    batch = serializers.UUIDField(source="batch_id", help_text="The same for seats that were sold together.")
    listing = serializers.UUIDField(source="listing_id")
    event = SaleEventOutput(source="*")
    section = serializers.CharField(source="ticket__section")
    row = serializers.CharField(source="ticket__row")
    seat = serializers.CharField(source="ticket__seat")
    marketplace = SaleMarketplaceOutput(source="*")
    sold_at = serializers.DateTimeField()
    price = MoneyField(source="price_cents", help_text="What the buyer agreed to pay for the seat.")
    currency = CurrencyField()
    rate = RateField(source="rate_bps", read_only=True)
    rule = serializers.CharField(
        source="rate_rule", help_text="Which rule gave the rate: listing, holder_team, holder, team or default."
    )
    commission = MoneyField(source="commission_cents", min_cents=0, help_text="What the house keeps.")
    payout = MoneyField(source="payout_cents", min_cents=0, help_text="What the holder gets.")
    steps = PayoutStepOutput(
        source="explanation.steps", many=True, help_text="How the payout came about, frozen on the day of the sale."
    )
    payable_on = serializers.DateField(allow_null=True, help_text="When the payout is due, as known today.")
    payable_reason = serializers.CharField(help_text="Why it is due then, or not yet.")
    delivery_status = serializers.ChoiceField(choices=DeliveryStatus.choices)
    delivered_at = serializers.DateTimeField(allow_null=True)
    refund_due_at = serializers.DateTimeField(allow_null=True, help_text="Since when the buyer is owed the price back.")
    voided_at = serializers.DateTimeField(allow_null=True, help_text="Since when the sale is void; null: it counts.")
    seat_returned = serializers.BooleanField(help_text="The seat of the void sale went back on sale.")


class StaffSaleOutput(SaleOutput):
    """A sale with what only staff know."""

    holder = serializers.UUIDField(source="holder_id")
    invoice_number = serializers.CharField()
    customer_reference = serializers.CharField()
    source = serializers.ChoiceField(choices=ChangeSource.choices)  # type: ignore[assignment]  # a field of that name
    recorded_by = serializers.CharField(source="recorded_by__email", allow_null=True)
    voided_by = serializers.CharField(source="voided_by__email", allow_null=True)
    void_reason = serializers.CharField()


class StaffSalesOutput(serializers.Serializer[Any]):
    """Sales that were made or changed together."""

    sales = StaffSaleOutput(many=True)


class SaleInput(StrictSerializer[Any]):
    """A sale that was made on a marketplace: seats by name, or a quantity of neighbours."""

    listing = IdField(look_up=STAFF_LISTINGS)
    seats = ShortListField(
        child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK, required=False
    )
    quantity = WholeNumberField(min_value=1, max_value=MAX_SEATS_PER_BLOCK, required=False)
    marketplace = serializers.CharField(max_length=40, help_text="Code of an active marketplace.")
    invoice_number = serializers.CharField(max_length=100, help_text="Of the marketplace.")
    customer_reference = serializers.CharField(max_length=200, default="", allow_blank=True)
    price = MoneyField(
        required=False, allow_null=True, default=None, help_text="Of one seat; left out: the price of the listing."
    )
    sold_at = OffsetDateTimeField(required=False, help_text="ISO 8601 with an offset; left out: now.")
    ignore_split_rule = serializers.BooleanField(default=False, help_text="The sale is a fact, whatever the rule.")
    allow_duplicate_invoice = serializers.BooleanField(
        default=False, help_text="Sell more seats of the listing under an invoice that has a sale of it already."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("seats" in attrs) == ("quantity" in attrs):
            raise serializers.ValidationError({"seats": "Name either seats or a quantity."})
        return attrs


class SaleVoidInput(StrictSerializer[Any]):
    """Why a sale is void, and whether its seat goes back on sale."""

    reason = MultilineField(max_length=300, help_text="For staff.")
    return_seats = serializers.BooleanField()


class SalesVoidInput(SaleVoidInput):
    """Sales that become void together, all or none."""

    ids = ShortListField(child=IdField(look_up=STAFF_SALES), min_length=1, max_length=MAX_SALES)
