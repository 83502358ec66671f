"""Shapes of what holders send about listings."""

from rest_framework import serializers

from apps.catalog.models import Event
from apps.common.fields import MoneyField
from apps.listings.models import MAX_SEATS_PER_BLOCK, Listing


class ListingInput(serializers.Serializer[Listing]):
    """Seats of a verified season ticket at one event, each at `price`."""

    season_ticket = serializers.UUIDField()
    event = serializers.PrimaryKeyRelatedField(queryset=Event.objects.all())
    seats = serializers.ListField(
        child=serializers.CharField(max_length=30), min_length=1, max_length=MAX_SEATS_PER_BLOCK
    )
    price = MoneyField(help_text="List price of one seat in US dollars, 0.01 to 1,000,000.00.")
