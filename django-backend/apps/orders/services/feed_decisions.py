"""Staff decide where the feed and an event disagree; taking the feed's value is a change like any other."""

from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.catalog.api import FEED_FACTS, IMPORT_NOTE, event_labels_keep, event_locked, skybox_import_locked
from apps.catalog.enums import FeedDecision, FeedFact
from apps.catalog.models import Event, FeedDifference, FeedEvent
from apps.common.acts import Act
from apps.orders.errors import FeedDecisionRefused
from apps.orders.services.event_changes import event_opponent_follow, event_reschedule

_HOME_FIXED: Final = (
    "Seats are listed for the home team, so the feed's teams cannot be taken. Cancel the event if it is another game,"
    " or keep ours."
)


@transaction.atomic
def feed_difference_keep(*, difference_id: UUID, act: Act) -> FeedDifference:
    """Keep what an event has; staff are asked again only if the feed says something else or loses the event again.

    Raises:
        FeedDecisionRefused: the difference is no longer open.
        FeedDifference.DoesNotExist: there is no such difference.
    """
    difference = _open_locked(difference_id)[0]
    return _decided(difference, FeedDecision.KEPT, act)


@transaction.atomic
def feed_difference_take(*, difference_id: UUID, act: Act) -> FeedDifference:
    """Give an event what the feed says, as if staff had: holders are notified of a new start, venue or opponent.

    They read the reason when start or venue change.

    Raises:
        FeedDecisionRefused: the difference is no longer open, the event has left the feed, or its home team would
            change under listings.
        EventMoveRefused, EventStartRefused, EventStartTooFar: the event cannot be moved like this.
        FeedDifference.DoesNotExist: there is no such difference.
    """
    difference, event = _open_locked(difference_id)
    fact = FeedFact(difference.fact)
    if fact is FeedFact.MISSING:
        raise FeedDecisionRefused("The event has left the feed: postpone or cancel it, or keep it.")
    said = FeedEvent.objects.filter(event=event, skybox_event_id=event.skybox_event_id or 0).first()
    if said is None or (fact is FeedFact.SCHEDULE and said.venue_id is None):
        raise FeedDecisionRefused("What the feed said is no longer known: import a newer file, or keep ours.")
    values = {column: getattr(said, column) for part in FEED_FACTS[fact] for column in part}
    if all(getattr(event, column) == value for column, value in values.items()):
        return _decided(difference, FeedDecision.AGREED, act)
    if fact is FeedFact.SCHEDULE:
        event_reschedule(event_id=event.id, **values, act=with_import_note(act))
    else:
        _write(event, values, act)
    return _decided(difference, FeedDecision.TAKEN, act)


def with_import_note(act: Act) -> Act:
    """Return the act with the reason of an import, if it has none of its own."""
    return act if act.reason.strip() else replace(act, reason=IMPORT_NOTE)


def _open_locked(difference_id: UUID) -> tuple[FeedDifference, Event]:
    """Return an open difference and its event, locked against imports and other decisions."""
    found = FeedDifference.objects.get(pk=difference_id)
    if found.fact == FeedFact.MISSING:
        skybox_import_locked()  # imports record what a file lacks under this lock only
    event = event_locked(found.event_id)
    difference = FeedDifference.objects.filter(pk=difference_id, decision="").first()
    if event is None or difference is None:
        raise FeedDecisionRefused("This was decided meanwhile, or the feed now says something else.")
    return difference, event


def _write(event: Event, values: dict[str, Any], act: Act) -> None:
    """Write facts that change only the name that holders read; notify them of a new opponent."""
    if values.get("home_team_id", event.home_team_id) != event.home_team_id and event.listings.exists():
        raise FeedDecisionRefused(_HOME_FIXED)
    before_id = event.away_team_id
    for column, value in values.items():
        setattr(event, column, value)
    event.save(update_fields=[*(column.removesuffix("_id") for column in values), "updated_at"])
    event.label = event_labels_keep(season_id=event.season_id).get(event.id, event.label)
    if event.away_team_id != before_id:
        event_opponent_follow(event=event, before_id=before_id, act=act)


def _decided(difference: FeedDifference, decision: FeedDecision, act: Act) -> FeedDifference:
    difference.decision, difference.decided_at, difference.decided_by_id = decision, act.at, act.actor_id
    difference.save(update_fields=["decision", "decided_at", "decided_by", "updated_at"])
    return difference
