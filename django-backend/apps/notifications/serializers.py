"""JSON of notices and mail preferences."""

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer
from apps.notifications.enums import NoticeKind
from apps.notifications.models import Notice


class NoticeOutput(serializers.ModelSerializer[Notice]):
    """One notice."""

    object_ids = serializers.ListField(
        child=serializers.UUIDField(),
        help_text="Ids of what it is about: season tickets, listings, sales or events, as `kind` says.",
    )

    class Meta:
        model = Notice
        fields = ("id", "kind", "title", "text", "object_ids", "created_at", "read_at")
        read_only_fields = fields
        extra_kwargs = {
            "title": {"help_text": "Plain text, one line."},
            "text": {"help_text": "Plain text; may have several lines."},
            "read_at": {"help_text": "When it was read first; null: not yet."},
        }


class NoticeCountsOutput(serializers.Serializer[Any]):
    """How many notices there are."""

    unread = serializers.IntegerField(min_value=0)
    read = serializers.IntegerField(min_value=0)


class NoticesMarkedOutput(serializers.Serializer[Any]):
    """How many notices were marked as read just now."""

    marked = serializers.IntegerField(min_value=0)


class OnOffField(serializers.BooleanField):
    """`true` or `false`, not what might be meant by "yes" or 1."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class MailPreferences(StrictSerializer[object]):
    """Which kinds of mail a user gets."""

    season_tickets = OnOffField(help_text="Season tickets verified, rejected or ended.")
    listings = OnOffField(help_text="Listings approved, declined or taken down.")
    sales = OnOffField(help_text="Seats sold, with the payout, and voided sales.")
    events = OnOffField(help_text="Games postponed, rescheduled or cancelled.")
    statements = OnOffField(help_text="Monthly statements that are ready.")

    def to_internal_value(self, data: Any) -> dict[NoticeKind, bool]:
        return {NoticeKind(name): value for name, value in super().to_internal_value(data).items()}
