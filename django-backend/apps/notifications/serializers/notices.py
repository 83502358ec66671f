"""Shapes of notices."""

from typing import Any

from rest_framework import serializers

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
