"""Shapes of single seats; they describe the rows of `selectors.tickets` for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from apps.common.fields import CurrencyField, MoneyField
from apps.listings.enums import ListingStatus, TicketStatus
from apps.listings.serializers.listing_output import EventOrIdField


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
