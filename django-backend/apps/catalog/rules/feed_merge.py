"""Three-way merge: an import applies what the feed changed since the last import, and nothing that staff changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apps.catalog.enums import FeedFact
from apps.catalog.rules.event_facts import EventFacts

# Facts with their parts, and the columns of each part. If the feed and staff changed one part, the whole fact stays:
# half of the feed's and half of ours would be a game that nobody has announced.
FEED_FACTS: Final[Mapping[FeedFact, tuple[tuple[str, ...], ...]]] = {
    FeedFact.SCHEDULE: (("starts_at", "time_tbd", "date_tbd"), ("venue_id",)),
    FeedFact.TEAMS: (("name",), ("home_team_id",), ("away_team_id",)),
    FeedFact.NOTES: (("additional_info",),),
    FeedFact.ADDRESS: (("stubhub_event_url",),),
}
# The names of `EventFacts` by which people read a fact.
_READ: Final[Mapping[FeedFact, tuple[str, ...]]] = {
    FeedFact.SCHEDULE: ("start", "venue"),
    FeedFact.TEAMS: ("name", "home_team", "away_team"),
    FeedFact.NOTES: ("additional_info",),
    FeedFact.ADDRESS: ("stubhub_event_url",),
}
# Columns that the export decides. Everything else, above all the status, belongs to staff.
FACTS: Final = tuple(column for parts in FEED_FACTS.values() for part in parts for column in part)
# For an event that staff made by hand, before the feed mentions it.
NOTHING_SAID: Final[Mapping[str, Any]] = {
    **dict.fromkeys(FACTS),
    **dict.fromkeys(("name", "additional_info", "stubhub_event_url"), ""),
}


@dataclass
class Merged:
    """The values of an event after a row.

    `kept` are facts that staff changed and the feed did not; `differing` are facts that both have changed, which stay
    until staff decide.
    """

    values: dict[str, Any] = field(default_factory=dict)
    kept: list[FeedFact] = field(default_factory=list)
    differing: list[FeedFact] = field(default_factory=list)


def merge(*, base: Mapping[str, Any], ours: Mapping[str, Any], feed: Mapping[str, Any]) -> Merged:
    """Merge what the feed says into an event; `base` is what the feed said last time."""
    merged = Merged()
    for fact, parts in FEED_FACTS.items():
        values = {}
        is_differing = False
        for part in parts:
            then, has, says = ({column: side[column] for column in part} for side in (base, ours, feed))
            values.update(has if says == then else says)
            is_differing |= has not in (then, says) and says != then
        is_differing |= values.get("home_team_id") is not None and values["home_team_id"] == values["away_team_id"]
        if is_differing:
            values = {column: ours[column] for part in parts for column in part}
            merged.differing.append(fact)
        elif any(values[column] != feed[column] for column in values):
            merged.kept.append(fact)
        merged.values.update(values)
    return merged


def fact_words(fact: FeedFact, *, ours: EventFacts, feed: EventFacts) -> tuple[str, str]:
    """Return in words what the event has and what the feed says: the parts of a fact that differ."""
    names = [name for name in _READ[fact] if getattr(ours, name) != getattr(feed, name)]
    if not names and fact is FeedFact.SCHEDULE:  # to be decided for both
        names = ["placeholder"]
    has, says = (", ".join(_words(name, getattr(side, name)) for name in names) for side in (ours, feed))
    return has, says


def _words(name: str, value: str) -> str:
    return f"{name.replace('_', ' ')} {value or 'none'}" if name.endswith("_team") else value or "nothing"
