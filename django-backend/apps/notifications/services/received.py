"""A row of the outbox as its listener gets it."""

from typing import Any

from apps.common.listeners import LISTENERS, Message
from apps.notifications.models import OutboxMessage


def received(row: OutboxMessage) -> Message[Any]:
    """Return the message with its payload read.

    Raises:
        PayloadUnreadable: what is stored does not fit the topic.
        KeyError: nobody listens under that name.
    """
    payload = LISTENERS[row.topic].topic.read(row.payload)
    return Message(row.id, row.aggregate_key, row.created_at, payload)
