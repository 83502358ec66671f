"""The only row locks of this app."""

from collections.abc import Collection
from uuid import UUID

from apps.support.models import ContactMessage


def unanswered_locked(message_ids: Collection[UUID]) -> list[ContactMessage]:
    """Return the messages that nobody has answered, locked, so that two members of staff do not answer the same one."""
    waiting = ContactMessage.objects.select_for_update().filter(id__in=message_ids, answered_at__isnull=True)
    return list(waiting.order_by("id"))
