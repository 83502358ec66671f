"""Names of SkyBox events: `Prefix - A at B - Suffix (note) (note)` taken apart.

The clean name is `A at B`. Everything around it is additional information, in the order of the text and joined by
commas: prefixes, suffixes such as `Game 2` of a doubleheader, and the notes in parentheses.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, same_name_key, shown, single_spaced

SEPARATOR: Final = re.compile(r" [-–—] |: ")
AT: Final = re.compile(r" (?:at|@) ", re.IGNORECASE)
# Separators that say who plays, not who is at home.
VERSUS: Final = re.compile(r" (?:vs?\.?|versus) ", re.IGNORECASE)
EMPTY_SIDE: Final = re.compile(r"(?=at\b|.* at$)(?:at(?: |$))?(?P<rest>.*?)(?:(?:^| )at)?", re.IGNORECASE)
TO_BE_DECIDED: Final = re.compile(r"(?P<what>[a-z &/:-]*?)\bTB[AD]", re.IGNORECASE)
CLOCK_WORDS: Final = frozenset({"and", "date", "game", "kickoff", "start", "time"})
MAX_SHOWN: Final = 40
PAIR: Final = 2
NO_OPPONENT_YET: Final = frozenset({"tba", "tbd"})

PARKING_NAME: Final = re.compile(
    r"^parking\b|[-–—:] ?parking\b|\(parking\)|\bparking$|\bparking (?:garage|lot|only|pass|permit|space|ticket)",
    re.IGNORECASE,
)
# A prefix, suffix or note that says nothing but this makes the row a parking pass. "Free Parking Night" is a game.
PARKING_ALONE: Final = re.compile(
    r"parking(?: (?:garage|lot|pass(?:es)?|permit|space|ticket)s?)?(?: only)?(?: [a-z0-9]{1,3})?", re.IGNORECASE
)
PARKING_VENUE: Final = re.compile(
    r"\bparking (?:garage|lot|pass|ramp|space|structure)|\bparking$|^parking\b", re.IGNORECASE
)
PACKAGE: Final = re.compile(
    r"\b(?:(?:full|half|partial|quarter)[ -])?season (?:package|pass(?:es)?|plan|tickets?)\b(?! holder| member)"
    r"|\b(?:full|half|partial|quarter) season\b"
    r"|\bticket (?:pack|package|plan)s?\b"
    r"|\b(?:flex|mini|partial|[0-9]+[ -]game)[ -]?(?:pack|package|plan)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class ParsedName:
    """A parsed name. Without a pair of teams (`All-Star Game`) both sides are None and the name stays whole.

    One side alone is None when the name says that the opponent is not known yet (`TBD at Philadelphia Eagles`).
    """

    name: str
    away: str | None
    home: str | None
    additional_info: str
    time_tbd: bool
    date_tbd: bool


@dataclass(frozen=True, slots=True)
class UnclearPair:
    """Two sides of a name that does not say who is at home. `text` is the part of the name that has them."""

    text: str
    one: str
    other: str


class UnclearSides(RowDoubtful):
    """A name may mean either of two games; `pair` is None if more than two teams are named."""

    def __init__(self, one: str, other: str, *, pair: UnclearPair | None) -> None:
        one, other = one[:MAX_SHOWN], other[:MAX_SHOWN]
        super().__init__(
            "unclear_sides",
            f"The name does not say who is at home: it may mean '{one} at {other}' or '{other} at {one}'. Choose in the"
            " preview of the admin, or say which by a replacement.",
        )
        self.pair = pair


@dataclass(frozen=True)
class _Segment:
    """The text between two separators, and the notes in parentheses after it."""

    text: str
    notes: tuple[str, ...]


def skip_code(*, name: str, venue_name: str, is_team: Callable[[str], bool] = lambda _: False) -> str | None:
    """Return why an event is no game: `parking`, `package`, or None when it is one.

    Two known teams make a game, whatever other words there are ("Half Season Ticket Holder Night"), unless a prefix,
    suffix or note says nothing but parking or package.
    """
    if PARKING_VENUE.search(venue_name):
        return "parking"
    segments = _segments(name)
    if (place := _place_of_known_pair(segments, is_team)) is not None:
        # "Citi Field Parking" says nothing but "Parking".
        parts = [
            re.sub(rf"^{re.escape(venue_name)} ", "", part, flags=re.I) for part in _parts_around(segments, [place])
        ]
        return _skip_code_beside_teams(parts)
    if PARKING_NAME.search(name):
        return "parking"
    # A note on a game may mention season tickets ("Season Ticket Night"): only a note that says nothing else counts.
    if any(PACKAGE.search(segment.text) for segment in segments):
        return "package"
    if any(PACKAGE.fullmatch(note) for segment in segments for note in segment.notes):
        return "package"
    return None


def _skip_code_beside_teams(parts: list[str]) -> str | None:
    if any(PARKING_ALONE.fullmatch(part) for part in parts):
        return "parking"
    return "package" if any(PACKAGE.fullmatch(part) for part in parts) else None


def parse_name(
    text: str,
    *,
    is_team: Callable[[str], bool] = lambda _: False,
    named: Callable[[str], Sequence[str]] = lambda _: (),
    home_of: Callable[[str], str | None] = lambda _: None,
) -> ParsedName:
    """Parse a name.

    `is_team` settles names that can be read in more than one way (`Army at Texas at San Antonio`): the first reading
    with two known teams wins, else the first.

    `named` returns the known teams that a text names. A name without ` at ` that names two (`A vs. B`, `A - B`)
    does not say who is at home. `home_of` returns which side staff have chosen for that part of the name.

    Raises:
        UnclearSides: nobody has chosen, or neither of the two.
        RowRefused: `same_team` when both sides are one team, `invalid_name` when a side is empty (`at Boston Bruins`).
    """
    segments = _segments(text)
    readings = [([place], *sides) for place, segment in enumerate(segments) for sides in _sides(segment.text)]
    if not readings:
        _refuse_empty_side(segments, is_team)
        readings = list(_chosen(segments, named, home_of))
    if not readings:
        return _without_teams(single_spaced(text))
    places, away, home = next((r for r in readings if is_team(r[1]) and is_team(r[2])), readings[0])
    parts = _parts_around(segments, places)
    time_tbd, date_tbd = _to_be_decided(parts)
    known_away, known_home = _opponent(away), _opponent(home)
    if known_away and known_home and same_name_key(known_away) == same_name_key(known_home):
        raise RowRefused("same_team", f"{away} cannot play against itself.")
    return ParsedName(f"{away} at {home}", known_away, known_home, ", ".join(parts), time_tbd, date_tbd)


def _place_of_known_pair(segments: list[_Segment], is_team: Callable[[str], bool]) -> int | None:
    """Return which segment names two known teams, or one with an unknown opponent; None when none does."""
    for place, segment in enumerate(segments):
        for sides in (*_sides(segment.text), *_sides(segment.text, VERSUS)):
            opponents = [side for side in map(_opponent, sides) if side is not None]
            if opponents and all(map(is_team, opponents)):
                return place
    return None


def _refuse_empty_side(segments: list[_Segment], is_team: Callable[[str], bool]) -> None:
    """Refuse ` at ` between nothing and nothing, or between nothing and a known team; `At the Movies` is a name."""
    for segment in segments:
        side = EMPTY_SIDE.fullmatch(segment.text)
        if side and (not side["rest"] or is_team(side["rest"])):
            raise RowRefused("invalid_name", f"{shown(segment.text)} has no team on one side of 'at'.")


def _chosen(
    segments: list[_Segment], named: Callable[[str], Sequence[str]], home_of: Callable[[str], str | None]
) -> Iterator[tuple[list[int], str, str]]:
    """Yield places, away and home side of a name that gives two teams without ` at `."""
    for place, segment in enumerate(segments):
        sides = VERSUS.split(segment.text, maxsplit=1)
        if any(map(named, sides[1:] and sides)):
            yield [place], *_sides_chosen(UnclearPair(segment.text, *sides), home_of)
            return
    places = [place for place, segment in enumerate(segments) if named(segment.text)]
    teams = list(dict.fromkeys(team for place in places for team in named(segments[place].text)))
    if len(teams) == PAIR:
        pair = UnclearPair(" - ".join(segments[place].text for place in places), *teams)
        words = _words(f"{pair.one} {pair.other}")
        yield [place for place in places if _words(segments[place].text) <= words], *_sides_chosen(pair, home_of)
    elif teams[1:]:
        raise UnclearSides(*teams[:2], pair=None)


def _sides_chosen(pair: UnclearPair, home_of: Callable[[str], str | None]) -> tuple[str, str]:
    """Return the away and the home side of a pair as staff have chosen."""
    home = same_name_key(home_of(pair.text) or "")
    for away_side, home_side in ((pair.one, pair.other), (pair.other, pair.one)):
        if same_name_key(home_side) == home:
            return away_side, home_side
    raise UnclearSides(pair.one, pair.other, pair=pair)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _without_teams(text: str) -> ParsedName:
    segment = _segment(text)
    name, parts = (segment.text, list(segment.notes)) if segment.text else (text, [])
    time_tbd, date_tbd = _to_be_decided(parts)
    return ParsedName(name, None, None, ", ".join(parts), time_tbd, date_tbd)


def _sides(text: str, separator: "re.Pattern[str]" = AT) -> list[tuple[str, str]]:
    return [(text[: found.start()], text[found.end() :]) for found in separator.finditer(text)]


def _opponent(side: str) -> str | None:
    return None if side.casefold() in NO_OPPONENT_YET else side


def _parts_around(segments: list[_Segment], places: Collection[int]) -> list[str]:
    parts: list[str] = []
    for number, segment in enumerate(segments):
        if number not in places and segment.text:
            parts.append(segment.text)
        parts.extend(segment.notes)
    return parts


def _to_be_decided(parts: list[str]) -> tuple[bool, bool]:
    """Return whether a part says that the time, and that the date, is to be decided; a bare "TBD" means the time."""
    time_tbd = date_tbd = False
    for part in parts:
        match = TO_BE_DECIDED.fullmatch(part)
        words = set(re.findall(r"[a-z]+", match["what"].lower())) if match else set()
        if match and words <= CLOCK_WORDS:
            time_tbd = True
            date_tbd = date_tbd or "date" in words
    return time_tbd, date_tbd


def _segments(text: str) -> list[_Segment]:
    return [_segment(piece) for piece in _split_outside_parentheses(single_spaced(text))]


def _split_outside_parentheses(text: str) -> list[str]:
    pieces, start = [], 0
    for separator in SEPARATOR.finditer(text):
        before = text[: separator.start()]
        if before.count("(") <= before.count(")"):
            pieces.append(text[start : separator.start()])
            start = separator.end()
    return [*pieces, text[start:]]


def _segment(text: str) -> _Segment:
    """Split the notes off the end. Parentheses inside stay: `Miami (OH) at Ohio` names a team."""
    notes: list[str] = []
    rest = text
    while rest.endswith(")"):
        start = _opening_parenthesis(rest)
        if start is None:
            break
        notes.insert(0, rest[start + 1 : -1].strip())
        rest = rest[:start].rstrip()
    return _Segment(rest, tuple(note for note in notes if note))


def _opening_parenthesis(text: str) -> int | None:
    """Return the position of the parenthesis that matches the one at the end of `text`, or None."""
    depth = 0
    for position in reversed(range(len(text))):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            return position
    return None
