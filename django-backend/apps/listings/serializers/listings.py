"""Shapes of what holders and staff send about listings, and of the payout preview."""

from typing import Any, Final

from rest_framework import serializers

from apps.catalog.enums import EVENTS, TEAMS
from apps.catalog.models import Event, Team
from apps.common.fields import (
    CurrencyField,
    IdField,
    MoneyField,
    MultilineField,
    RateField,
    RowField,
    ShortListField,
    WordField,
)
from apps.common.repeats import repeated
from apps.common.serializers import StrictSerializer
from apps.holders.api import PayoutStepOutput, SplitOutput
from apps.listings.enums import LISTINGS, STAFF_LISTINGS, STAFF_MOVES, ListingStatus
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.terms import TermsInput
from apps.season_tickets.enums import SEASON_TICKETS
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

MAX_REPRICED = 500
MAX_RATE_REASON_LENGTH = 450
MOVES: Final = [(move.value, move.label) for move in STAFF_MOVES]
_PRICE_HELP = "List price of one seat in US dollars before mark-downs, 0.01 to 1,000,000.00."


class ListingInput(TermsInput):
    """Seats of a verified season ticket at one event, each at `price`, and the terms that go with them."""

    season_ticket = IdField(look_up=SEASON_TICKETS)
    event = IdField(look_up=EVENTS)
    seats = ShortListField(child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK)
    price = MoneyField(help_text=_PRICE_HELP)


class ListingChangeInput(TermsInput):
    """What is to change; what is left out stays. A new plan, floor or price counts from today on."""

    read_only_names = frozenset(ListingOutput().fields)

    price = MoneyField(required=False, help_text=_PRICE_HELP)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError("Name at least one field to change.")
        return attrs


class RepriceItemInput(StrictSerializer[Any]):
    """One listing and its new base price."""

    id = IdField(look_up=LISTINGS)
    price = MoneyField(help_text=_PRICE_HELP)


class RepriceInput(StrictSerializer[Any]):
    """New base prices of many listings."""

    items = ShortListField(child=RepriceItemInput(), min_length=1, max_length=MAX_REPRICED)

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse a listing that is named twice: its price would be ambiguous."""
        named_twice: dict[Any, Any] = {
            index: {"id": ["This listing is named twice."]} for index in sorted(repeated(item["id"] for item in items))
        }
        if named_twice:
            raise serializers.ValidationError(named_twice)
        return items


class RepriceResultOutput(serializers.Serializer[Any]):
    """The result for one listing: its price today, with mark-downs, or why nothing changed."""

    id = serializers.UUIDField(source="listing_id")
    price = MoneyField(source="price_cents", allow_null=True)
    refusal = serializers.CharField(allow_null=True)


class RepriceOutput(serializers.Serializer[Any]):
    """The results, in the order of the request."""

    results = RepriceResultOutput(many=True)


class MoveInput(StrictSerializer[Any]):
    """A word about why; declining and delisting need one."""

    reason = MultilineField(max_length=500, required=False, default="", allow_blank=True)


class BulkMoveInput(MoveInput):
    """One decision about many listings."""

    move = WordField(choices=MOVES)
    ids = ShortListField(child=IdField(look_up=STAFF_LISTINGS), min_length=1, max_length=500)


class CommissionRateInput(StrictSerializer[Any]):
    """The commission rate for sales of one listing, and why; the holder reads both in the history."""

    rate = RateField(allow_null=True, help_text="0.0000 to 0.9999; null: the rate agreed with holder or team.")
    reason = MultilineField(max_length=MAX_RATE_REASON_LENGTH)


class MoveResultOutput(serializers.Serializer[Any]):
    """The result for one listing: its new status, or why it did not change."""

    id = serializers.UUIDField(source="listing_id")
    status = serializers.ChoiceField(choices=ListingStatus.choices, allow_null=True)
    refusal = serializers.CharField(allow_null=True)


class BulkMoveOutput(serializers.Serializer[Any]):
    """The results, in the order of the request."""

    results = MoveResultOutput(many=True)


class PayoutPreviewQuery(serializers.Serializer[Any]):
    """The question: a list price; a team or an event for the team's rate, an event for the payable date."""

    price = MoneyField(help_text="List price of one seat, 0.01 to 1000000.00.")
    team = RowField(
        look_up=TEAMS, queryset=Team.objects.all(), required=False, help_text="Left out: the home team of the event."
    )
    event = RowField(
        look_up=EVENTS,
        queryset=Event.objects.select_related("venue"),
        required=False,
        help_text="A home game of the team.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a team that is not at home: seats are listed for home games only."""
        team, event = attrs.get("team"), attrs.get("event")
        if team and event and event.home_team_id != team.id:
            raise serializers.ValidationError({"event": "The event is not a home game of the team."})
        return attrs


class PayoutPreviewOutput(SplitOutput):
    """The answer: the price, its split and how it comes about."""

    price = MoneyField(source="price_cents", read_only=True)
    currency = CurrencyField(read_only=True)
    rate_since = serializers.DateField(
        read_only=True, allow_null=True, help_text="First day of the agreement that gave the rate; null without one."
    )
    steps = PayoutStepOutput(many=True, read_only=True, help_text="In the order of the calculation.")
