"""What a cell of seats means, and how seats are written so that a spreadsheet leaves them alone."""

import re
from collections.abc import Collection, Sequence
from typing import Final

from apps.listing_files.rules.spreadsheets import changes_in_spreadsheets, date_pair, spreadsheet_made
from apps.season_tickets.rules.blocks import seat_problems

_RANGE: Final = re.compile(r"(?<=.)(?:\s*(?:-|–|\.\.)\s*|\s+TO\s+|(?<=[0-9])TO(?=[0-9]))(?=.)")
_MAX_PLAIN_DIGITS: Final = 11  # a spreadsheet shows longer numbers as 1.23E+11


def chosen_seats(wanted: Sequence[str], block: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the seats of a block that names and ranges mean, as named, and what is wrong with them.

    A range means the seats of the block from one end to the other, in the order of the block: odd ones only where it
    has odd ones. Both ends must be in the block (S3-54).
    """
    places = {seat: place for place, seat in enumerate(block)}
    seats, problems = list[str](), list[str]()
    for part in wanted:
        ends = [_named(end, places) for end in _ends(part, places)]
        first, last = places.get(ends[0]), places.get(ends[-1])
        if (first is None or last is None) and date_pair(part):
            problems.append(f"{part} is a date, which a spreadsheet may have made of 1-4. Write 1 to 4.")
        elif first is None or last is None:
            seats += ends
        elif len(ends) > 1 and last <= first:
            problems.append(f"A range goes up, as the seats of the block do: {part} does not.")
        else:
            seats += block[first : last + 1]
    return seats, [*problems, *dict.fromkeys(problem.error().detail for problem in seat_problems(seats, block))]


def _ends(part: str, places: Collection[str]) -> list[str]:
    """Return both ends of a range, or the one name: what is a name of the block is no range, `W-1` for example."""
    if _named(part, places) in places:
        return [part]
    if pair := date_pair(part):
        return [str(number) for number in pair] if pair[0] < pair[1] else [part]
    splits = [[part[: found.start()], part[found.end() :]] for found in _RANGE.finditer(part)]
    known = (ends for ends in splits if all(_named(end, places) in places for end in ends))
    return next(known, splits[0] if splits else [part])


def _named(part: str, places: Collection[str]) -> str:
    """Return a seat as the block names it: `01` is 1 where there is no 01, and 1 is `01` where there is no 1."""
    made = []
    if part not in places and _is_digits(part):
        made = [seat for seat in places if seat.lstrip("0") == part.lstrip("0")]
    elif part not in places and changes_in_spreadsheets(part):
        made = [seat for seat in places if not _is_digits(seat) and spreadsheet_made(part, of=seat)]
    return made[0] if len(made) == 1 else part


def _is_digits(text: str) -> bool:
    """Return whether a spreadsheet removes only the leading zeros of a text."""
    return text.isdecimal() and len(text) <= _MAX_PLAIN_DIGITS


def seats_text(seats: Sequence[str], block: Sequence[str]) -> str:
    """Return seats as an upload reads them: `1 to 4` if they are neighbours, otherwise `1|3`.

    A spreadsheet would make a date of `1-4` and a number of `1,3`.
    """
    positions = sorted(block.index(seat) for seat in seats)
    if len(seats) > 1 and positions == list(range(positions[0], positions[-1] + 1)):
        return f"{block[positions[0]]} to {block[positions[-1]]}"
    return kept_as_text("|".join(block[position] for position in positions))


def kept_as_text(text: str) -> str:
    """Return one part of a list so that a spreadsheet leaves it alone: `01` becomes `01|`."""
    is_plain = text == "0" or (_is_digits(text) and text[0] != "0")
    return f"{text}|" if text and "|" not in text and not is_plain and not text.isalpha() else text
