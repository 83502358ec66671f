"""Events that a file should have and lacks: the message to staff about them, and what staff see of them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.catalog.enums import EventImportStatus, EventStatus, FeedDecision, FeedFact
from apps.catalog.locks import skybox_import_locked
from apps.catalog.models import Event, EventImport, FeedDifference, FeedEvent
from apps.catalog.rules.skybox_coverage import Coverage, Game
from apps.catalog.selectors import begun, said_games
from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.services.skybox_result import MissingEvent, Outcome, report_lines
from apps.catalog.topics import FeedDiffers
from apps.common.database import read_only
from apps.notifications.api import outbox_put

NO_LONGER: Final = "It is no longer in the file."


def file_missing(
    *, season_id: UUID, coverage: Coverage, now: datetime, is_complete: bool, dry_run: bool
) -> list[MissingEvent]:
    """Return the events that a file should have and lacks, without those that staff keep; record them and notify staff.

    An incomplete file lacks nothing, but the events in it are no longer missing.

    Each opens a difference, which ends when a file has the event again. One outbox message names the open differences
    of the file's events. A dry run writes nothing.
    """
    if dry_run:
        with read_only():
            return _missing(season_id, coverage, now) if is_complete else []
    with transaction.atomic():
        # The race: staff keep an event while another import finds it missing and would ask again.
        skybox_import_locked()
        _end_of_missing(season_id, coverage, now)
        missing = _missing(season_id, coverage, now) if is_complete else []
        _note(missing, now)
        _report(season_id, coverage, missing, now)
    return missing


def _missing(season_id: UUID, coverage: Coverage, now: datetime) -> list[MissingEvent]:
    to_come = ~begun(at=now, event="event__") | Q(event__date_tbd=True)
    waiting = FeedDifference.objects.filter(event=OuterRef("event"), fact=FeedFact.MISSING, decision="")
    undecided = Q(missing_since__isnull=True) | Q(Exists(waiting))
    games = said_games(to_come, undecided, ~Q(event__status=EventStatus.CANCELLED), event__season=season_id)
    found = {
        event_id: game for event_id, game in games if game.skybox_event_id not in coverage.ids and coverage.covers(game)
    }
    uses = event_uses(found.keys())
    return [
        MissingEvent(
            event_id=event_id,
            skybox_event_id=game.skybox_event_id,
            label=game.name,
            starts=game.starts,
            uses=uses[event_id],
            successor=" or ".join(
                f"{moved.in_words}, SkyBox {moved.skybox_event_id}" for moved in coverage.successors_of(game)
            ),
        )
        for event_id, game in found.items()
    ]


def _end_of_missing(season_id: UUID, coverage: Coverage, now: datetime) -> None:
    """Close the differences of events that are in the file again."""
    gone = FeedEvent.objects.filter(event__season=season_id, missing_since__isnull=False)
    again = [event_id for event_id, key in gone.values_list("event_id", "skybox_event_id") if key in coverage.ids]
    if again:
        FeedEvent.objects.filter(event__in=again).update(missing_since=None, updated_at=now)
        FeedDifference.objects.filter(event__in=again, fact=FeedFact.MISSING, decision="").update(
            decision=FeedDecision.AGREED, decided_at=now, updated_at=now
        )


def _note(missing: list[MissingEvent], now: datetime) -> None:
    if not missing:
        return
    ids = [event.event_id for event in missing]
    FeedEvent.objects.filter(event__in=ids, superseded_at__isnull=True, missing_since__isnull=True).update(
        missing_since=now, updated_at=now
    )
    # Those recorded before have an open difference already; those that staff kept are not here.
    noted = FeedDifference.objects.filter(event__in=ids, fact=FeedFact.MISSING, decision="")
    known = set(noted.values_list("event_id", flat=True))
    FeedDifference.objects.bulk_create(
        FeedDifference(
            event_id=event.event_id,
            fact=FeedFact.MISSING,
            feed_says=f"It may have become {event.successor}." if event.successor else NO_LONGER,
            we_had=f"{event.starts}, {event.uses_words}",
            noticed_at=now,
        )
        for event in missing
        if event.event_id not in known
    )


def _report(season_id: UUID, coverage: Coverage, missing: list[MissingEvent], now: datetime) -> None:
    """Put one message that names the open differences of a file, if there are any."""
    ids = {event.event_id for event in missing}
    differences = FeedDifference.objects.filter(event__season=season_id, decision="").order_by("event__starts_at", "id")
    open_ids = [
        key
        for key, event_id, fact, skybox_event_id in differences.values_list(
            "id", "event_id", "fact", "event__skybox_event_id"
        )
        if (event_id in ids if fact == FeedFact.MISSING else skybox_event_id in coverage.ids)
    ]
    if open_ids:
        differs = FeedDiffers(feed_difference_ids=tuple(open_ids))
        outbox_put(payload=differs, aggregate_key=f"season:{season_id}", now=now)


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
    lines = report_lines(event_import.report)
    ids = [int(line["skybox_event_id"]) for line in lines if line["outcome"] == Outcome.MISSING]
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
