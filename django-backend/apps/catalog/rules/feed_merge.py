"""Three-way merge: an import changes what the feed has changed since it last spoke, and nothing that staff changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from zoneinfo import ZoneInfo

from apps.catalog.enums import FeedFact
from apps.catalog.rules.local_time import local_start

# Facts with their parts, and the columns that make up a part. Where the feed and staff changed one part, the whole fact
# stays: half of the feed's and half of ours would be a game that nobody has announced.
FEED_FACTS: Final[Mapping[FeedFact, tuple[tuple[str, ...], ...]]] = {
    FeedFact.SCHEDULE: (("starts_at", "time_tbd", "date_tbd"), ("venue_id",)),
    FeedFact.TEAMS: (("name",), ("home_team_id",), ("away_team_id",)),
    FeedFact.NOTES: (("additional_info",),),
    FeedFact.ADDRESS: (("stubhub_event_url",),),
}
# What the export decides. All else, the status above all, belongs to staff.
FACTS: Final = tuple(column for parts in FEED_FACTS.values() for part in parts for column in part)
# Before the feed has said anything of an event that staff made by hand.
NOTHING_SAID: Final[Mapping[str, Any]] = {
    **dict.fromkeys(FACTS),
    **dict.fromkeys(("name", "additional_info", "stubhub_event_url"), ""),
}


@dataclass
class Merged:
    """The values of an event after a row.

    `kept` are facts that stay as staff changed them, as the feed says what it said before; `differing` are facts that
    both have changed, which stay until staff decide.
    """

    values: dict[str, Any] = field(default_factory=dict)
    kept: list[FeedFact] = field(default_factory=list)
    differing: list[FeedFact] = field(default_factory=list)


def merge(*, base: Mapping[str, Any], ours: Mapping[str, Any], feed: Mapping[str, Any]) -> Merged:
    """Merge what the feed says into what an event has; `base` is what the feed said the last time."""
    merged = Merged()
    for fact, parts in FEED_FACTS.items():
        values = {}
        is_differing = False
        for part in parts:
            then, has, says = (_values(part, side) for side in (base, ours, feed))
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


def fact_words(
    fact: FeedFact,
    *,
    ours: Mapping[str, Any],
    feed: Mapping[str, Any],
    name_of: Callable[[Any], str],
    zone_of: Callable[[Any], ZoneInfo],
) -> tuple[str, str]:
    """Return what an event has and what the feed says of a fact, in words: the parts in which they differ."""
    parts = [part for part in FEED_FACTS[fact] if _values(part, ours) != _values(part, feed)]
    has, says = ([_words(part[0], side, name_of, zone_of) for part in parts] for side in (ours, feed))
    return ", ".join(has), ", ".join(says)


def _values(part: tuple[str, ...], side: Mapping[str, Any]) -> dict[str, Any]:
    return {column: side[column] for column in part}


def _words(
    column: str, side: Mapping[str, Any], name_of: Callable[[Any], str], zone_of: Callable[[Any], ZoneInfo]
) -> str:
    if column == "starts_at":
        return local_start(
            side["starts_at"], zone=zone_of(side["venue_id"]), time_tbd=side["time_tbd"], date_tbd=side["date_tbd"]
        )
    if column == "venue_id":
        return name_of(side[column])
    if column.endswith("_team_id"):
        return f"{column.removesuffix('_team_id')} team {name_of(side[column])}"
    return str(side[column]) or "nothing"
