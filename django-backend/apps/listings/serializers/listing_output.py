"""Shapes of listings and their history as they are read."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.fields import MoneyField
from apps.holders.serializers import SplitOutput
from apps.listings.enums import EventSource, ListingStatus
from apps.listings.models import Listing, ListingEvent


class ListingOutput(serializers.Serializer[Listing]):
    """A listing; `split` tells for one seat what the house keeps and what the holder gets."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=ListingStatus.choices)
    status_changed_at = serializers.DateTimeField()
    season_ticket = serializers.UUIDField(source="season_ticket_id")
    event = serializers.UUIDField(source="event_id")
    section = serializers.CharField(source="season_ticket.section")
    row = serializers.CharField(source="season_ticket.row")
    seats = serializers.ListField(child=serializers.CharField())
    price = MoneyField(source="price_cents")
    currency = serializers.CharField()
    split = SplitOutput(help_text="The split of one seat at the rate that applies today; a sale freezes its own.")
    created_at = serializers.DateTimeField()


class ListingEventOutput(serializers.Serializer[Any]):
    """One change of a listing; staff stay unnamed."""

    at = serializers.DateTimeField()
    by = serializers.SerializerMethodField()
    source = serializers.ChoiceField(choices=EventSource.choices)  # type: ignore[assignment]  # a field of that name
    from_status = serializers.CharField(help_text="Empty for the first one.")
    to_status = serializers.ChoiceField(choices=ListingStatus.choices)
    note = serializers.CharField()

    @extend_schema_field(serializers.ChoiceField(choices=["holder", "staff", "system"]))
    def get_by(self, change: ListingEvent) -> str:
        """Which side made the change."""
        if change.actor_id is None:
            return "system"
        return "holder" if change.actor_id == self.context["listing"].holder.user_id else "staff"
