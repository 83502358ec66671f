"""Who did something, through which door, when and why: what every history writes beside a change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True)
class Act:
    """An act of a person, or of the system when `actor_id` is None, at the time `at` (UTC), by the door `source`."""

    actor_id: UUID | None
    source: str
    at: datetime
    reason: str = ""
