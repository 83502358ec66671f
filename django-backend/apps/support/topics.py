"""What reaches support."""

from dataclasses import dataclass
from uuid import UUID

from apps.common.topics import Topic


@dataclass(frozen=True, kw_only=True)
class ContactMessageReceived(Topic):
    """A message came by the contact form. Only its id: who reads the outbox need not read what people write to us."""

    name = "support.contact_message"
    contact_message_id: UUID
