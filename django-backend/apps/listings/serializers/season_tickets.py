"""Shapes of season tickets."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Season, Team
from apps.listings.enums import SeasonTicketStatus
from apps.listings.models import SeasonTicket
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
