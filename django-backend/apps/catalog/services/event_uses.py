"""What depends on events, counted by a higher app, which the catalogue does not import."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from apps.common.hooks import Hook


@dataclass(frozen=True)
class EventUses:
    """How many open listings and sales, void ones aside, an event has."""

    open_listings: int
    sales: int


@Hook
def event_uses(event_ids: Collection[UUID]) -> Mapping[UUID, EventUses]:
    """Return what depends on each of the events."""
    raise NotImplementedError
