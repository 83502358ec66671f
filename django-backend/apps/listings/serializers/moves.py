"""Shapes of decisions about listings."""

from typing import Any, Final

from rest_framework import serializers

from apps.common.fields import IdField, MultilineField, RateField, ShortListField, WordField
from apps.common.serializers import StrictSerializer
from apps.listings.enums import STAFF_LISTINGS, STAFF_MOVES, ListingStatus

MAX_RATE_REASON_LENGTH = 450
MOVES: Final = [(move.value, move.label) for move in STAFF_MOVES]


class MoveInput(StrictSerializer[Any]):
    """A word about why; declining and delisting need one."""

    reason = MultilineField(max_length=500, required=False, default="", allow_blank=True)


class BulkMoveInput(MoveInput):
    """One decision about many listings."""

    move = WordField(choices=MOVES)
    ids = ShortListField(child=IdField(look_up=STAFF_LISTINGS), min_length=1, max_length=500)


class CommissionRateInput(StrictSerializer[Any]):
    """The rate that the house takes of sales of one listing, and why; the holder reads both in the history."""

    rate = RateField(allow_null=True, help_text="0.0000 to 0.9999; null: the rate agreed with holder or team.")
    reason = MultilineField(max_length=MAX_RATE_REASON_LENGTH)


class MoveResultOutput(serializers.Serializer[Any]):
    """What became of one listing: its new status, or why it stayed as it is."""

    id = serializers.UUIDField(source="listing_id")
    status = serializers.ChoiceField(choices=ListingStatus.choices, allow_null=True)
    refusal = serializers.CharField(allow_null=True)


class BulkMoveOutput(serializers.Serializer[Any]):
    """The results, in the order of the request."""

    results = MoveResultOutput(many=True)
