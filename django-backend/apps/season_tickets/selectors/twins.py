"""Which season tickets may be for the same seats, whatever their spelling."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from apps.season_tickets.enums import CLAIMED, SeasonTicketStatus, SeatNumbering
from apps.season_tickets.messages import place_text
from apps.season_tickets.models import DistinctPlace, SeasonTicket


@dataclass(frozen=True)
class Twin:
    """Another pending or verified season ticket of the team and season, and those of its seats that may be the same.

    `keys` are the folded forms of those seats. `is_same` means that section and row are spelled alike, so that there is
    no doubt. The holder of the season ticket is loaded.
    """

    season_ticket: SeasonTicket
    seats: tuple[str, ...]
    keys: tuple[str, ...]
    is_same: bool

    @property
    def text(self) -> str:
        """The twin in words for staff: place, holder and status."""
        block = self.season_ticket
        status, holder = block.get_status_display().lower(), block.holder.user.get_full_name()
        return f"{place_text(block, self.seats)} of {holder} ({status})"

    @property
    def is_verified(self) -> bool:
        """Whether it is verified, so that others cannot be."""
        return self.season_ticket.status == SeasonTicketStatus.VERIFIED


def twins_of(season_tickets: Iterable[SeasonTicket]) -> dict[UUID, list[Twin]]:
    """Return the twins of each season ticket, verified ones first, then the oldest.

    Only pending and verified ones have any; places that staff have named as distinct have none.
    """
    asked = [
        block
        for block in season_tickets
        if block.status in CLAIMED and block.numbering != SeatNumbering.GENERAL_ADMISSION
    ]
    if not asked:
        return {}
    found = SeasonTicket.objects.select_related("holder__user").filter(
        team__in={block.team_id for block in asked},
        season__in={block.season_id for block in asked},
        place_key__in={block.place_key for block in asked},
        status__in=CLAIMED,
    )
    others: dict[tuple[UUID | str | None, ...], list[SeasonTicket]] = {}
    for other in found.exclude(numbering=SeatNumbering.GENERAL_ADMISSION).order_by("id"):
        others.setdefault(_place(other), []).append(other)
    rows = DistinctPlace.objects.filter(team__in={block.team_id for block in asked}).order_by()
    distinct = set(rows.values_list("team", "section", "row", "other_section", "other_row"))
    twins = {}
    for block in asked:
        pairs = [_twin(block, other) for other in others.get(_place(block), ()) if not _named(block, other, distinct)]
        twins[block.id] = sorted((twin for twin in pairs if twin.seats), key=lambda twin: not twin.is_verified)
    return twins


def _place(block: SeasonTicket) -> tuple[UUID | str | None, ...]:
    return block.team_id, block.season_id, block.place_key, block.event_id


def _twin(block: SeasonTicket, other: SeasonTicket) -> Twin:
    keys = set(block.keys) if other.id != block.id else set()
    shared = [(seat, key) for seat, key in zip(other.seats, other.keys, strict=True) if key in keys]
    return Twin(
        other,
        seats=tuple(seat for seat, _ in shared),
        keys=tuple(key for _, key in shared),
        is_same=(block.section, block.row) == (other.section, other.row),
    )


def _named(block: SeasonTicket, other: SeasonTicket, distinct: set[tuple[UUID, str, str, str, str]]) -> bool:
    one, two = (block.section, block.row), (other.section, other.row)
    return not distinct.isdisjoint({(block.team_id, *one, *two), (block.team_id, *two, *one)})
