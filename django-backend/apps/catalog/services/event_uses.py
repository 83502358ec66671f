"""What depends on events, counted by higher apps, which the catalogue does not import."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True)
class EventUses:
    """How many open listings and sales, void ones aside, an event has."""

    open_listings: int
    sales: int


def event_uses(event_ids: Collection[UUID]) -> Mapping[UUID, EventUses]:
    """Return what depends on each of the events."""
    if not event_ids:
        return {}
    counts = {kind: import_string(path)(event_ids) for kind, path in settings.EVENT_USES.items()}
    return {
        event_id: EventUses(**{kind: found.get(event_id, 0) for kind, found in counts.items()})
        for event_id in event_ids
    }
