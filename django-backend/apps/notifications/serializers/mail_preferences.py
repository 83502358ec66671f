"""Shape of mail preferences."""

from typing import Any

from rest_framework import serializers

from apps.common.serializers import StrictSerializer
from apps.notifications.enums import NoticeKind


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
