"""Shapes of event changes."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from apps.catalog.api import EventOutput
from apps.catalog.enums import VENUES
from apps.common.fields import IdField, MultilineField
from apps.common.serializers import StrictSerializer


class OffsetDateTimeField(serializers.DateTimeField):
    """A time with its offset; without one it could be local or UTC."""

    default_error_messages = {"no_offset": "Add the offset: 2030-09-08T13:00:00-04:00, or Z for UTC."}

    def enforce_timezone(self, value: datetime) -> datetime:
        """Refuse a time without an offset, where the base class would take it for UTC."""
        if value.tzinfo is None:
            self.fail("no_offset")
        return super().enforce_timezone(value)


class EventNoteInput(StrictSerializer[Any]):
    """Why; the holders of the seats read it."""

    note = MultilineField(max_length=300)


class EventRescheduleInput(EventNoteInput):
    """The new start, with the offset of the place or in UTC, and where; without a venue it stays where it is."""

    starts_at = OffsetDateTimeField(help_text="ISO 8601 with an offset.")
    time_tbd = serializers.BooleanField(default=False, help_text="The clock time is not decided yet.")
    date_tbd = serializers.BooleanField(default=False, help_text="The date is not decided yet either.")
    venue = IdField(look_up=VENUES, required=False, allow_null=True, default=None)


class EventChangeOutput(serializers.Serializer[Any]):
    """The event as it is now, and how much the change touched."""

    event = EventOutput()
    listings = serializers.IntegerField(min_value=0, help_text="Listings whose history records the change.")
    sales = serializers.IntegerField(
        min_value=0, help_text="Sales flagged for refund, if cancelled; to be delivered again, if rescheduled."
    )
    holders = serializers.IntegerField(min_value=0, help_text="Holders who get a mail about it.")
