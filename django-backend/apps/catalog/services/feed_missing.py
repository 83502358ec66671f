"""Events that a file should have and lacks, and the message to staff about them."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.locks import skybox_import_locked
from apps.catalog.models import FeedDifference, FeedEvent
from apps.catalog.rules.skybox_coverage import Coverage
from apps.catalog.selectors import begun, said_games
from apps.catalog.services.event_uses import event_uses
from apps.catalog.services.skybox_result import MissingEvent
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
