"""What a higher app refuses to do with a season ticket, which this one does not import."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from apps.common.hooks import Hook
from apps.season_tickets.rules.blocks import SeatBlock


@Hook
def unused_require(*, season_ticket_id: UUID, now: datetime) -> None:
    """Raise a DomainError if seats of a block are offered, or sold or held for games to come, so that it cannot end."""
    raise NotImplementedError


@Hook
def unlisted_require(*, block: SeatBlock, events: Mapping[UUID, str], seats: Sequence[str]) -> None:
    """Raise a DomainError if seats of a block are offered or sold, so that they cannot be withheld.

    `events` are the labels of the games by id.
    """
    raise NotImplementedError
