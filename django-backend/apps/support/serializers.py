"""Shapes of the contact form."""

from typing import Any

from rest_framework import serializers

from apps.common.characters import TURNING
from apps.common.fields import MultilineField
from apps.common.serializers import StrictSerializer
from apps.support.models import MAX_MESSAGE, MAX_NAME, MAX_SUBJECT


class _LineField(serializers.CharField):
    """Text of one line: line breaks and other white space become one space, direction characters are refused."""

    def to_internal_value(self, data: Any) -> str:
        line = " ".join(TURNING.sub("", super().to_internal_value(data)).split())
        if not line:
            self.fail("blank")
        return line


class ContactInput(StrictSerializer[Any]):
    """A message to us."""

    name = _LineField(max_length=MAX_NAME)
    email = serializers.EmailField(max_length=254, help_text="Where the answer goes.")
    subject = _LineField(max_length=MAX_SUBJECT)
    message = MultilineField(max_length=MAX_MESSAGE)
    website = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        help_text="Leave it out. A form hides this field from people; if a program fills it, the message is dropped.",
    )


class ContactOutput(serializers.Serializer[Any]):
    """The same for every message."""

    detail = serializers.CharField()
