"""What an import records about events that it has moved: the audit row, and a message for higher apps."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from apps.catalog.models import Event, EventChange
from apps.catalog.topics import EventRescheduled
from apps.common.acts import ChangeSource
from apps.notifications.api import NewMessage, outbox_put_many

IMPORT_NOTE: Final = "The published schedule has changed."
# What holders listed their seats for; a new name or note is not part of it.
_ANNOUNCED: Final = ("starts_at", "time_tbd", "date_tbd", "venue_id", "away_team_id")


def is_moved(stored: Mapping[str, Any], event: Event) -> bool:
    """Return whether the imported `event` has another start, venue or opponent than the stored row."""
    return any(stored[fact] != getattr(event, fact) for fact in _ANNOUNCED)


def imported_dates_report(*, moved: Iterable[tuple[Mapping[str, Any], Event]], now: datetime) -> None:
    """Write one change and put one outbox message for each pair of stored row and imported event.

    Two statements, none without pairs. The status is left to whoever delivers the message.
    """
    changes = [_change(stored, event, now) for stored, event in moved]
    if not changes:
        return
    EventChange.objects.bulk_create(changes)
    outbox_put_many(messages=map(_message, changes), now=now)


def _change(stored: Mapping[str, Any], event: Event, now: datetime) -> EventChange:
    before = {name: stored[name] for name in ("status", *_ANNOUNCED)}
    after = before | {name: getattr(event, name) for name in _ANNOUNCED}
    return EventChange(
        event_id=stored["id"],
        source=ChangeSource.SYSTEM,
        **{f"from_{name}": value for name, value in before.items()},
        **{f"to_{name}": value for name, value in after.items()},
        note=IMPORT_NOTE,
        at=now,
    )


def _message(change: EventChange) -> NewMessage:
    moved = EventRescheduled(event_change_id=change.id, event_id=change.event_id)
    return NewMessage(payload=moved, aggregate_key=f"event:{change.event_id}")
