"""Shapes of listings and their history as they are read.

They describe the rows of `selectors.listings` for the OpenAPI document; the rows are not sent through them.
"""

from typing import Any, Final

from rest_framework import serializers

from apps.catalog.api import EventOrIdField
from apps.common.acts import ChangeSource
from apps.common.fields import CurrencyField, MoneyField, RateField
from apps.holders.api import SplitOutput
from apps.listings.enums import ListingChange, ListingStatus, TicketStatus
from apps.listings.serializers.terms import TermsOutput

SIDES: Final = ["holder", "staff", "system"]


class NextPriceOutput(serializers.Serializer[Any]):
    """The next mark-down, at the commission rate of today."""

    at = serializers.DateTimeField()
    price = MoneyField()
    off = RateField(help_text="Share of the base price.")


class ListingOutput(TermsOutput):
    """A listing; `split` says what the house keeps and what the holder gets for one seat."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    status_changed_at = serializers.DateTimeField()
    season_ticket = serializers.UUIDField()
    event = EventOrIdField()
    event_postponed = serializers.BooleanField(
        help_text="The event is postponed: the listing stays until it is played."
    )
    section = serializers.CharField()
    row = serializers.CharField()
    seats = serializers.ListField(child=serializers.CharField(), help_text="All seats, sold ones too, lowest first.")
    seats_available = serializers.IntegerField(min_value=0, help_text="How many of them are for sale.")
    price = MoneyField(help_text="List price of one seat today.")
    base_price = MoneyField(help_text="List price of one seat before any mark-down.")
    currency = CurrencyField()
    split = SplitOutput(help_text="The split of one seat at the rate that applies today; a sale freezes its own.")
    next_price = NextPriceOutput(allow_null=True, help_text="Null: the price stays.")
    allowed_quantities = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="How many of the remaining seats may be bought at once."
    )
    created_at = serializers.DateTimeField()


class ListingEventOutput(serializers.Serializer[Any]):
    """One change of a listing; staff stay unnamed."""

    at = serializers.DateTimeField()
    by = serializers.ChoiceField(choices=SIDES, help_text="Which side made the change.")
    source = serializers.ChoiceField(choices=ChangeSource.choices)  # type: ignore[assignment]  # a field of that name
    change = serializers.ChoiceField(choices=ListingChange.choices, help_text="What changed.")
    from_status = serializers.CharField(help_text="Empty for the first one.")
    to_status = serializers.ChoiceField(choices=ListingStatus.choices)
    from_price = MoneyField(allow_null=True, help_text="Null unless the price changed.")
    to_price = MoneyField(allow_null=True, help_text="Null unless the price changed.")
    note = serializers.CharField()


class TicketOutput(serializers.Serializer[Any]):
    """One seat at one event, with the price of its listing."""

    id = serializers.UUIDField()
    listing = serializers.UUIDField()
    listing_status = serializers.ChoiceField(choices=ListingStatus.choices)
    event = EventOrIdField()
    section = serializers.CharField()
    row = serializers.CharField()
    seat = serializers.CharField()
    status = serializers.ChoiceField(choices=TicketStatus.choices)
    price = MoneyField(help_text="List price today; the price of a sold seat is on its sale.")
    currency = CurrencyField()
