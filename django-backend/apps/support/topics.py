"""What reaches support."""

from uuid import UUID

from apps.common.topics import Topic


class ContactMessageReceived(Topic):
    """A message came by the contact form. Only its id: who reads the outbox need not read what people write to us."""

    name = "support.contact_message"
    contact_message_id: UUID
