"""Shape of what is left to list of a block; it describes the rows of `selectors.availability`."""

from typing import Any

from rest_framework import serializers

from apps.catalog.api import LABEL_HELP
from apps.catalog.enums import EventStatus
from apps.listings.enums import ListingStatus


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
    time_tbd = serializers.BooleanField(help_text="The clock time means nothing yet.")
    date_tbd = serializers.BooleanField(help_text="The date means nothing yet.")
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
    """The games to come of a block, first one first."""

    season_ticket = serializers.UUIDField()
    seats = serializers.ListField(child=serializers.CharField(), help_text="All seats of the block.")
    timezone = serializers.CharField(help_text="The holder's own zone, an IANA name.")
    games = GameAvailabilityOutput(many=True)
