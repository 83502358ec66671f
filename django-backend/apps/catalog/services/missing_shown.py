"""What staff see about events that a file lacks, and which games may have replaced them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from apps.catalog.enums import EventImportStatus, FeedFact
from apps.catalog.models import Event, EventImport, FeedDifference, FeedEvent
from apps.catalog.rules.skybox_coverage import Game
from apps.catalog.selectors import said_games
from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.services.skybox_report import report_lines
from apps.catalog.services.skybox_result import Outcome


@dataclass(frozen=True)
class MissingShown:
    """An event that a file lacks, as it is now; `decided` says how the question ended, empty while it is open.

    `successors` are games of the feed that may be this one on a new day.
    """

    event: Event
    uses: EventUses
    successors: dict[str, str]
    decided: str


def missing_shown(*, event_import: EventImport) -> list[MissingShown]:
    """Return what an upload lacks, in the order of its report.

    A preview names successors in its rows; they can be chosen once the import is applied.
    """
    ids = _missing_ids(event_import)
    # By what the feed said: an event that continues as the rescheduled game has another id by now.
    said = FeedEvent.objects.filter(skybox_event_id__in=ids).select_related("event__venue", "event__season__league")
    events = {one.skybox_event_id: one.event for one in said}
    keys = [event.id for event in events.values()]
    uses, games = event_uses(keys), successors(keys)
    asked = FeedDifference.objects.filter(event__in=keys, fact=FeedFact.MISSING).order_by("id")
    last = {difference.event_id: difference.get_decision_display() for difference in asked}
    last |= {one.event_id: "It continues as the rescheduled game" for one in said if one.superseded_at}
    unasked = "" if event_import.status == EventImportStatus.PREVIEWED else "It is no longer missing"
    return [
        MissingShown(
            event=event,
            uses=uses[event.id],
            successors={str(game.skybox_event_id): game.in_words for game in games[event.id]},
            decided=last.get(event.id, unasked),
        )
        for event in (events[key] for key in ids if key in events)
    ]


def successors(event_ids: Collection[UUID]) -> dict[UUID, list[Game]]:
    """Return the games of the feed that may be these events on a new day."""
    if not event_ids:
        return {}
    missing = said_games(event__in=event_ids)
    seasons = Event.objects.filter(id__in=event_ids).values("season")
    moved = said_games(event__season__in=seasons, event__additional_info__gt="") if missing else []
    found = {event_id: [other for _, other in moved if other.succeeds(game)] for event_id, game in missing}
    return {event_id: found.get(event_id, []) for event_id in event_ids}


def _missing_ids(event_import: EventImport) -> list[int]:
    lines = report_lines(event_import.report)
    return [int(line["skybox_event_id"]) for line in lines if line["outcome"] == Outcome.MISSING]
