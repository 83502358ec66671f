"""What is recorded and reported about a message that could not be delivered."""

import traceback
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from apps.common.errors import DomainError
from apps.notifications.models import OutboxMessage
from apps.notifications.services.outbox import NewMessage, outbox_put_many
from apps.notifications.topics import MessageDead

MAX_ERROR: Final = 300
_OURS: Final = Path(__file__).resolve().parents[2]


def failure_words(error: Exception) -> str:
    """Return class and location of a failure. Its message may quote addresses and names, so it is left out."""
    kind = error.code if isinstance(error, DomainError) else f"{type(error).__module__}.{type(error).__qualname__}"
    frames = traceback.extract_tb(error.__traceback__)
    # The last line of our code says more than the depths of a library.
    place = next((frame for frame in reversed(frames) if _OURS in Path(frame.filename).parents), frames[-1])
    return f"{kind} at {Path(place.filename).name}:{place.lineno}"[:MAX_ERROR]


def dead_report(*, messages: Iterable[OutboxMessage], now: datetime) -> None:
    """Put a message about each message that is given up, in the same transaction.

    Reports of dead messages are left out: when Slack is down for a night, its own messages would report each other for
    ever. The admin shows them.
    """
    news = [
        NewMessage(payload=MessageDead(message_id=message.id), aggregate_key="outbox:dead")
        for message in messages
        if not (message.topic.startswith(MessageDead.name) or message.payload.get("tells_dead"))
    ]
    outbox_put_many(messages=news, now=now)
