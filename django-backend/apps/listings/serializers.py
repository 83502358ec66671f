"""Shapes of season tickets and listings."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Event, Season, Team
from apps.common.fields import MoneyField
from apps.holders.serializers import SplitOutput
from apps.listings.enums import ListingStatus, SeasonTicketStatus
from apps.listings.models import MAX_SEATS_PER_BLOCK, Listing, SeasonTicket
from apps.listings.rules.blocks import seats_of_block

_MAX_SEAT_NUMBER = 99_999


class SeasonTicketInput(serializers.Serializer[SeasonTicket]):
    """A block of neighbouring seats: `first_seat` to `last_seat` in one row."""

    team = serializers.PrimaryKeyRelatedField(queryset=Team.objects.all())
    season = serializers.PrimaryKeyRelatedField(queryset=Season.objects.all())
    section = serializers.CharField(max_length=30, help_text="As printed on the ticket; `GA` when there is none.")
    row = serializers.CharField(max_length=30, help_text="As printed on the ticket.")
    first_seat = serializers.IntegerField(min_value=1, max_value=_MAX_SEAT_NUMBER)
    last_seat = serializers.IntegerField(min_value=1, max_value=_MAX_SEAT_NUMBER)


class SeasonTicketOutput(serializers.Serializer[SeasonTicket]):
    """A registered block and what staff decided."""

    id = serializers.UUIDField()
    team = serializers.UUIDField(source="team_id")
    team_name = serializers.CharField(source="team.name")
    season = serializers.UUIDField(source="season_id")
    season_name = serializers.CharField(source="season.name")
    section = serializers.CharField()
    row = serializers.CharField()
    first_seat = serializers.IntegerField()
    last_seat = serializers.IntegerField()
    seats = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=SeasonTicketStatus.choices)
    rejection_reason = serializers.CharField(help_text="Empty unless the status is rejected.")
    created_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_seats(self, season_ticket: SeasonTicket) -> list[str]:
        """The seats of the block as they are named when listed."""
        return seats_of_block(season_ticket.first_seat, season_ticket.last_seat)


class ListingInput(serializers.Serializer[Listing]):
    """Seats of a verified season ticket at one event, each at `price`."""

    season_ticket = serializers.UUIDField()
    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all())
    seats = serializers.ListField(
        child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK
    )
    price = MoneyField(help_text="List price of one seat in US dollars, 0.01 to 1,000,000.00.")


class ListingOutput(serializers.Serializer[Listing]):
    """A listing; `split` tells for one seat what the house keeps and what the holder gets."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    season_ticket = serializers.UUIDField(source="season_ticket_id")
    event = serializers.UUIDField(source="event_id")
    section = serializers.CharField(source="season_ticket.section")
    row = serializers.CharField(source="season_ticket.row")
    seats = serializers.ListField(child=serializers.CharField())
    price = MoneyField(source="price_cents")
    currency = serializers.CharField()
    split = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    @extend_schema_field(SplitOutput)
    def get_split(self, listing: Listing) -> dict[str, Any]:
        """The split of one seat at today's rate; a sale freezes its own."""
        split = self.context["split_for"](holder=listing.holder, price_cents=listing.price_cents)
        return SplitOutput(split).data
