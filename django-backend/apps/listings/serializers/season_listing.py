"""Shapes of the games of a season ticket: what is left to list, and the listing of many."""

from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

from apps.catalog.api import LABEL_HELP
from apps.catalog.enums import EVENTS, EventStatus
from apps.common.fields import IdField, MoneyField, ShortDictField, ShortListField
from apps.common.ids import id_from_text
from apps.common.serializers import StrictSerializer
from apps.listings.enums import ListingStatus
from apps.listings.rules.season_plan import SeasonRequest
from apps.listings.serializers.listing_output import ListingOutput
from apps.listings.serializers.terms import TermsInput
from apps.season_tickets.api import MAX_EVENTS, AllOrIdsField
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK


class SeasonPriceInput(StrictSerializer[Any]):
    """What one seat costs: by default, and at single events."""

    default_error_messages: ClassVar = {
        "invalid": 'Write {{"default": "120.00"}}, or prices by event id in "by_event", or both.'
    }
    default = MoneyField(required=False, help_text="For every event without a price of its own.")
    by_event = ShortDictField(
        child=MoneyField(), required=False, max_length=MAX_EVENTS, help_text="Prices by event id."
    )

    def validate_by_event(self, prices: dict[str, int]) -> dict[UUID, int]:
        """Return cents by event id; a key that is no id is named."""
        ids, problems = dict[UUID, int](), dict[str, list[str]]()
        for key, cents in prices.items():
            try:
                ids[id_from_text(key, look_up=EVENTS)] = cents
            except ValueError as error:
                problems[key] = [str(error)]
        if problems:
            raise serializers.ValidationError(problems)
        return ids


class SeasonListingInput(TermsInput):
    """Which games of a season ticket, which seats, for how much, on what terms."""

    events = AllOrIdsField(help_text='`"all"` for every open game at the home venue, or a list of event ids.')
    seats = ShortListField(
        child=serializers.CharField(max_length=30),
        min_length=1,
        max_length=MAX_SEATS_PER_BLOCK,
        required=False,
        help_text="Left out: every seat of the block that is not withheld from the game.",
    )
    price = SeasonPriceInput()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Add `except`, a reserved word in Python."""
        ids = ShortListField(child=IdField(look_up=EVENTS), required=False, max_length=MAX_EVENTS)
        ids.help_text = "Event ids to leave out."
        return {**super().get_fields(), "except": ids}

    def season_request(self) -> SeasonRequest:
        data = self.validated_data
        return SeasonRequest(
            events=data["events"],
            excluded=data.get("except", ()),
            default_price_cents=data["price"].get("default"),
            price_cents_by_event=data["price"].get("by_event", {}),
        )


class ElsewhereOutput(serializers.Serializer[Any]):
    """A home game that is not at the team's home venue."""

    event = serializers.UUIDField()
    label = serializers.CharField(help_text=LABEL_HELP)  # type: ignore[assignment]  # a field of that name
    venue = serializers.CharField()


class SeasonListingOutput(serializers.Serializer[Any]):
    """The listings that were made, in the order of the games."""

    count = serializers.IntegerField(min_value=0)
    listings = ListingOutput(many=True)
    elsewhere = ElsewhereOutput(
        many=True, help_text='Games that `"all"` left out: the seats of the season ticket are not at their venue.'
    )


class ListedSeatsOutput(serializers.Serializer[Any]):
    """Seats on offer through one listing."""

    listing = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    seats = serializers.ListField(child=serializers.CharField())


class GameAvailabilityOutput(serializers.Serializer[Any]):
    """A home game and the seats of the block, each of them in exactly one of the five lists."""

    event = serializers.UUIDField()
    name = serializers.CharField()
    label = serializers.CharField(help_text=LABEL_HELP)  # type: ignore[assignment]  # a field of that name
    status = serializers.ChoiceField(choices=EventStatus.choices)
    starts_at = serializers.DateTimeField(help_text="Start in UTC.")
    starts_at_local = serializers.DateTimeField(help_text="The same instant with the offset of the venue.")
    starts_at_holder = serializers.DateTimeField(help_text="The same instant with the offset of the holder's own zone.")
    time_tbd = serializers.BooleanField(help_text="The time of day is not known yet.")
    date_tbd = serializers.BooleanField(help_text="The date is not known yet.")
    venue = serializers.CharField()
    season_ticket = serializers.UUIDField(
        allow_null=True,
        help_text="Whose seats these are: at a game that is not at the team's home venue, the one for that game; null"
        " while there is none, so that no seat is free.",
    )
    free = serializers.ListField(child=serializers.CharField(), help_text="Can be listed while the game is scheduled.")
    withheld = serializers.ListField(child=serializers.CharField(), help_text="Kept for own use.")
    listed = ListedSeatsOutput(many=True, help_text="On offer, also while staff have not decided yet.")
    sold = serializers.ListField(child=serializers.CharField())
    listed_elsewhere = serializers.ListField(
        child=serializers.CharField(), help_text="On offer or sold through another season ticket."
    )


class AvailabilityOutput(serializers.Serializer[Any]):
    """The future games of a block, earliest first."""

    season_ticket = serializers.UUIDField()
    seats = serializers.ListField(child=serializers.CharField(), help_text="All seats of the block.")
    timezone = serializers.CharField(help_text="The holder's own zone, an IANA name.")
    games = GameAvailabilityOutput(many=True)
