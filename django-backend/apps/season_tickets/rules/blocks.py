"""Seat numbers of a block: values in, values out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common.problems import Problem
from apps.common.repeats import repeated
from apps.season_tickets.enums import SeatNumbering
from apps.season_tickets.errors import SeatProblem

# What a file of listings has between seats, so that no name of a seat may have it.
BETWEEN_SEATS: Final = re.compile(r"[,;|]| TO ")


@dataclass(frozen=True)
class SeatBlock:
    """The seats of a season ticket, neighbours next to each other: whose they are, and where."""

    id: UUID
    holder_id: UUID
    team_id: UUID
    section: str
    row: str
    seats: Sequence[str]
    general_admission_block: UUID | None


def seats_of_block(first_seat: int, last_seat: int, numbering: str = SeatNumbering.CONSECUTIVE) -> list[str]:
    """Return the seats of a block as printed, lowest first; a seat's index here is its position.

    Neighbours differ by one, by two under odd-even numbering. General admission has places instead, numbered from 1.
    """
    step = 2 if numbering == SeatNumbering.ODD_EVEN else 1
    return [str(number) for number in range(first_seat, last_seat + 1, step)]


def block_problem(first_seat: int, last_seat: int, numbering: str, *, max_seats: int) -> str | None:
    """Return why `first_seat` to `last_seat` are no block, or None when they are."""
    step = 2 if numbering == SeatNumbering.ODD_EVEN else 1
    if not first_seat <= last_seat < first_seat + step * max_seats:
        return f"The last seat must not be before the first, and a block has at most {max_seats} seats."
    if (last_seat - first_seat) % step:
        return "Under odd-even numbering the first and the last seat are both odd or both even."
    return None


def seat_problems(wanted: Sequence[str], block: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the wanted seats: those that are not in the block or were wanted before."""
    allowed, again, problems = set(block), repeated(wanted), list[Problem]()
    for index, seat in enumerate(wanted):
        if seat not in allowed:
            values = {"seat": seat, "block": _seats_text(block)}
            problems.append(Problem(SeatProblem.SEAT_UNKNOWN, f"seats.{index}", values))
        elif index in again:
            problems.append(Problem(SeatProblem.SEAT_REPEATED, f"seats.{index}", {"seat": seat}))
    return problems


def _seats_text(block: Sequence[str]) -> str:
    first, last = block[0], block[-1]
    if first.isdecimal() and last.isdecimal():
        for numbering in (SeatNumbering.CONSECUTIVE, SeatNumbering.ODD_EVEN):
            if list(block) == seats_of_block(int(first), int(last), numbering):
                return f"seats {first} to {last}"
    return f"seats {', '.join(block)}"
