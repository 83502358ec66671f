"""What reaches support."""

from uuid import UUID

from apps.common.topics import Topic


class ContactMessageReceived(Topic, name="support.contact_message"):
    """A message came by the contact form. Only its id: who reads the outbox need not read what people write to us."""

    contact_message_id: UUID
