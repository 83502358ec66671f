"""The label of an event: its name, with the round and the number of the game, else with a counter.

Labels are unique in a season and short: `TBD at Toronto Maple Leafs (First Round, Home Game 1)`, `Atlanta Braves at New
York Mets #3`. They have no date, since dates change and an event is always shown with its start.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from uuid import UUID

from apps.common.text import folded

MAX_WORDS_LENGTH: Final = 80
_COUNT: Final = r"[0-9]{1,3}|one|two|three|four|five|six|seven"
_GAME: Final = re.compile(
    rf"\b(?:home )?(?:day|game|gm\.?|leg|match|night|session|show) (?:no\. ?|# ?)?(?:{_COUNT})\b", re.IGNORECASE
)
_PART: Final = r"(?:(?:eastern|western|national|american|afc|nfc|al|nl) )?"
_ROUND: Final = re.compile(
    rf"\b(?:{_PART}(?:(?:conference|league|division) )?(?:(?:first|second|third|fourth|1st|2nd|3rd|4th) round"
    rf"|round (?:of )?(?:{_COUNT})\b"
    r"|quarter-?finals?|semi-?finals?|(?:championship|wild[- ]card) (?:game|round|series)|divisional (?:round|series))"
    rf"|{_PART}(?:stanley )?(?:conference|cup|league|mls|nba|nhl|tournament) finals?|[an]l[cdw]s"
    r"|final four|world series|super bowl(?: [0-9ivxl]+\b)?|play-in(?: game| round| tournament)?"
    r"|playoffs|post-?season|pre-?season|spring training)\b|^finals?$",
    re.IGNORECASE,
)
_VAGUE: Final = frozenset({"playoffs", "postseason", "post season"})
# The number in such a part is that of another game.
_ELSEWHERE: Final = re.compile(r"\b(?:make-?up|moved|original|postponed|reschedul|resum|suspend)", re.IGNORECASE)
_NUMBER: Final = re.compile(r" #([1-9][0-9]{0,8})")


class LabelledEvent(NamedTuple):
    """The parts of a label; `label` is the current one, or empty."""

    id: UUID
    name: str
    additional_info: str
    label: str


def labels_to_write(events: Iterable[LabelledEvent]) -> dict[UUID, str]:
    """Return new labels for events whose label is missing or outdated; `events` are all of a season, in order.

    A label stays as long as name, round and number of the game do, since people have read it. Several events without a
    label that nothing distinguishes get a number each; a later one gets the next number.
    """
    bases: dict[UUID, str] = {}
    taken: set[str] = set()
    last: dict[str, int] = {}
    missing: dict[str, list[UUID]] = {}
    for event in events:
        base = label_base(event.name, event.additional_info)
        number = _number(event.label, base)
        if number is None:
            bases[event.id] = base
            missing.setdefault(folded(base), []).append(event.id)
        else:
            taken.add(folded(event.label))
            last[folded(base)] = max(last.get(folded(base), number), number)
    labels = {}
    for key, group in missing.items():
        alone = len(group) == 1 and key not in last
        for event_id in group:
            label = bases[event_id] if alone else ""
            while not label or folded(label) in taken:
                last[key] = last.get(key, 0) + 1
                label = f"{bases[event_id]} #{last[key]}"
            labels[event_id] = label
            taken.add(folded(label))
    return labels


def label_base(name: str, additional_info: str) -> str:
    """Return the name with the round and number of the game, if they are known and not in the name."""
    known = folded(name)
    parts = [part for part in additional_info.split(", ") if not _ELSEWHERE.search(part)]
    rounds = [found[0] for part in parts for found in _ROUND.finditer(part)]
    # "Game 1" at the end may belong to a note about another game.
    games = [found[0] for part in parts for found in _GAME.finditer(part)][:1]
    rounds = [found for found in rounds if folded(found) not in _VAGUE] or rounds  # another one includes these
    words = [word for word in dict.fromkeys([*rounds, *games]) if folded(word) not in known]
    while len(text := ", ".join(words)) > MAX_WORDS_LENGTH:
        words.pop()
    return f"{name} ({text})" if text else name


def _number(label: str, base: str) -> int | None:
    """Return the number at the end of a label, 1 for none; None without a label, or with one of another base."""
    if label and label == base:
        return 1
    found = _NUMBER.fullmatch(label.removeprefix(base)) if label.startswith(base) else None
    return int(found[1]) if found else None
