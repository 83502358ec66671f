"""Shapes of the payout preview."""

from typing import Any

from rest_framework import serializers

from apps.catalog.enums import EVENTS, TEAMS
from apps.catalog.models import Event, Team
from apps.common.fields import CurrencyField, MoneyField, RowField
from apps.holders.api import PayoutStepOutput, SplitOutput


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
