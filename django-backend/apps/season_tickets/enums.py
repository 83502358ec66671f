"""Statuses of season tickets with their table of moves."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from django.db import models

# Where people look up ids.
SEASON_TICKETS: Final = "/api/v1/season-tickets/"


class SeasonTicketStatus(models.TextChoices):
    """Whether staff have checked that the seats are the holder's."""

    PENDING = "pending", "Pending"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"
    ENDED = "ended", "Ended"


# Nobody else's seats, or waiting to be.
CLAIMED: Final = (SeasonTicketStatus.PENDING, SeasonTicketStatus.VERIFIED)


class SeasonTicketMove(models.TextChoices):
    """What staff decide about a season ticket."""

    VERIFY = "verify", "Verify"
    REJECT = "reject", "Reject"
    END = "end", "End"


class Move(NamedTuple):
    """One row of the table of moves: from where, to where, and the columns that keep when, who and why.

    `has_reason` means that the holder reads why, so there must be a reason.
    """

    begins: SeasonTicketStatus
    ends: SeasonTicketStatus
    kept_in: tuple[str, str, str]
    has_reason: bool = True


_S = SeasonTicketStatus
_DECIDED: Final = ("decided_at", "decided_by", "rejection_reason")
SEASON_TICKET_MOVES: Final[Mapping[SeasonTicketMove, Move]] = {
    SeasonTicketMove.VERIFY: Move(_S.PENDING, _S.VERIFIED, _DECIDED, has_reason=False),
    SeasonTicketMove.REJECT: Move(_S.PENDING, _S.REJECTED, _DECIDED),
    SeasonTicketMove.END: Move(_S.VERIFIED, _S.ENDED, ("ended_at", "ended_by", "end_reason")),
}


class SeatNumbering(models.TextChoices):
    """Which names neighbours in a block have; general admission has places but no names."""

    CONSECUTIVE = "consecutive", "Consecutive: 1, 2, 3"
    ODD_EVEN = "odd_even", "Odd or even: 1, 3, 5"
    LISTED = "listed", "Listed: A, B, C"
    GENERAL_ADMISSION = "general_admission", "General admission"
