"""What the feed last said about the events of one chunk, and what to remember of it."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.catalog.enums import FeedDecision, FeedFact
from apps.catalog.models import FeedDifference, FeedEvent
from apps.catalog.rules.event_facts import EventFacts
from apps.catalog.rules.feed_merge import FACTS, FEED_FACTS, NOTHING_SAID, fact_words, merge

KEPT_CODE: Final = "kept_by_staff"
# An id that staff give to another event is no longer superseded.
_COLUMNS: Final = ("event", *(column.removesuffix("_id") for column in FACTS), "superseded_at", "updated_at")


class FeedMemory:
    """Reads what the feed said about a chunk's ids, merges rows into events, and writes what the feed says now.

    `stored` are the events of the chunk by SkyBox id, under their locks unless nothing is to be written.
    """

    def __init__(
        self,
        *,
        ids: Collection[int],
        stored: Mapping[int, Mapping[str, Any]],
        facts_of: Callable[[Mapping[str, Any]], EventFacts],
    ) -> None:
        self._facts_of = facts_of
        columns = ("event_id", "superseded_at", "event__skybox_event_id", *FACTS)
        rows = FeedEvent.objects.filter(skybox_event_id__in=ids).values("skybox_event_id", *columns)
        self._said = {row["skybox_event_id"]: row for row in rows}
        open_ones = FeedDifference.objects.filter(event__in=[row["id"] for row in stored.values()], decision="")
        open_ones = open_ones.exclude(fact=FeedFact.MISSING)
        self._open = {(row.event_id, row.fact): row for row in open_ones}
        self._to_say: list[FeedEvent] = []
        self._opened: list[FeedDifference] = []
        self._closed: dict[FeedDecision, list[UUID]] = {FeedDecision.AGREED: [], FeedDecision.OUTDATED: []}

    def base(self, known: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what the feed last said of a stored event."""
        said = self._said.get(known["skybox_event_id"])
        return said if said is not None and said["event_id"] == known["id"] else NOTHING_SAID

    def superseded_by(self, skybox_event_id: int) -> int | None:
        """Return the SkyBox id that has replaced an id, or None."""
        said = self._said.get(skybox_event_id)
        return None if said is None or said["superseded_at"] is None else said["event__skybox_event_id"]

    def merged(self, known: Mapping[str, Any], feed: Mapping[str, Any]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """Return the values of a stored event after a row, and code and details of what staff keep."""
        base = self.base(known)
        merged = merge(base=base, ours=known, feed=feed)
        notes = []
        for fact in FEED_FACTS:
            still = self._open.get((known["id"], fact))
            if fact not in merged.differing + merged.kept:
                if still is not None:
                    self._closed[FeedDecision.AGREED].append(still.id)
                continue
            is_open = fact in merged.differing or still is not None
            ours, says = fact_words(fact, ours=self._facts_of(known), feed=self._facts_of(feed))
            notes.append((KEPT_CODE, _kept_words(fact, ours, says, is_open=is_open)))
            if is_open and (still is None or (still.feed_says, still.we_had) != (says, ours)):
                self._opened.append(FeedDifference(event_id=known["id"], fact=fact, feed_says=says, we_had=ours))
                if still is not None:
                    self._closed[FeedDecision.OUTDATED].append(still.id)
        return merged.values, notes

    def say(self, event_id: UUID, skybox_event_id: int, feed: Mapping[str, Any]) -> None:
        """Remember what the feed says of an event."""
        said = self._said.get(skybox_event_id)
        if said is None or said["event_id"] != event_id or any(said[column] != feed[column] for column in FACTS):
            values = {column: feed[column] for column in FACTS}
            self._to_say.append(FeedEvent(event_id=event_id, skybox_event_id=skybox_event_id, **values))

    def write(self, *, now: datetime) -> None:
        """Write what was remembered; nothing if the feed says what it said before."""
        FeedEvent.objects.bulk_create(
            self._to_say, update_conflicts=True, unique_fields=["skybox_event_id"], update_fields=_COLUMNS
        )
        for decision, ids in self._closed.items():
            if ids:
                FeedDifference.objects.filter(id__in=ids).update(decision=decision, decided_at=now, updated_at=now)
        for difference in self._opened:
            difference.noticed_at = now
        FeedDifference.objects.bulk_create(self._opened)


def _kept_words(fact: FeedFact, ours: str, says: str, *, is_open: bool) -> str:
    if is_open:
        return f"{fact.label}: the feed says {says}, staff have set {ours}, which stays until staff decide."
    return f"{fact.label}: {ours} stays as staff have set it, the feed still says {says}."
