"""Staff decide where the feed and an event disagree; taking the feed's value is a change like any other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.catalog.api import (
    IMPORT_NOTE,
    FeedDecisionRefused,
    missing_event_deciding,
    open_difference_locked,
    succession_locked,
)
from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.models import FeedDifference
from apps.common.acts import Act
from apps.listings.api import withheld_seats_move
from apps.orders.services.event_changes import (
    EventChanged,
    event_cancel,
    event_opponent_follow,
    event_postpone,
    event_reschedule,
)

_HOME_FIXED: Final = (
    "Seats are listed for the home team, so the feed's teams cannot be taken. Cancel the event if it is another game,"
    " or keep ours."
)
_SAME_GAME: Final = "The game continues under its original date."
_CHANGES: Final[dict[str, Callable[..., EventChanged]]] = {"postpone": event_postpone, "cancel": event_cancel}


@transaction.atomic
def feed_difference_keep(*, difference_id: UUID, act: Act) -> FeedDifference:
    """Keep what an event has; staff are asked again only if the feed says something else or loses the event again.

    Raises:
        FeedDecisionRefused: the difference is no longer open.
        FeedDifference.DoesNotExist: there is no such difference.
    """
    return open_difference_locked(difference_id).decide(FeedDecision.KEPT, act)


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
    opened = open_difference_locked(difference_id)
    event, values = opened.event, opened.feed_values()
    if not values:
        return opened.decide(FeedDecision.AGREED, act)
    if opened.difference.fact == FeedFact.SCHEDULE:
        event_reschedule(event_id=event.id, **values, act=_with_import_note(act))
        return opened.decide(FeedDecision.TAKEN, act)
    if values.get("home_team_id", event.home_team_id) != event.home_team_id and event.listings.exists():
        raise FeedDecisionRefused(_HOME_FIXED)
    before_id = event.away_team_id
    opened.write(values)
    if event.away_team_id != before_id:
        event_opponent_follow(event=event, before_id=before_id, act=act)
    return opened.decide(FeedDecision.TAKEN, act)


@transaction.atomic
def missing_event_decide(
    *, event_id: UUID, decision: str, successor: int | None = None, act: Act, is_noted: bool = True
) -> EventChanged | None:
    """Decide about an event that the feed lacks; return what was changed, None when it is kept.

    `decision` is `keep`, `postpone`, `cancel`, or `succeed` with the SkyBox id of its `successor`, which may be left
    out if only one game can be it; the holders read the reason. `is_noted` is False for what only a preview has found
    missing.

    Raises:
        FeedDecisionRefused: it is no longer missing, or `successor` cannot replace it.
        EventNoteMissing, EventMoveRefused, EventStartRefused: as the change itself.
        Event.DoesNotExist: there is no such event.
    """
    kept_or_taken = FeedDecision.KEPT if decision == "keep" else FeedDecision.TAKEN
    with missing_event_deciding(event_id=event_id, decision=kept_or_taken, act=act, is_noted=is_noted):
        if decision in _CHANGES:
            return _CHANGES[decision](event_id=event_id, act=act)
        return _succeed(event_id, successor, _with_import_note(act)) if decision == "succeed" else None


def _succeed(event_id: UUID, successor: int | None, act: Act) -> EventChanged:
    """Continue an event as the game `successor`: it takes over id, start and venue, and the other event is deleted."""
    succession = succession_locked(event_id=event_id, successor=successor)
    event, other = succession.event, succession.other
    withheld_seats_move(from_event=other, to_event=event)
    start = succession.complete(act=act)
    if other.pk and other.status != EventStatus.CANCELLED:  # its history keeps it from being deleted
        event_cancel(event_id=other.pk, act=replace(act, reason=_SAME_GAME))
    if not start:
        return EventChanged(event, listings=0, sales=0, holders=0)
    return event_reschedule(event_id=event_id, **start, act=act)


def _with_import_note(act: Act) -> Act:
    """Return the act with the reason of an import, if it has none of its own."""
    return act if act.reason.strip() else replace(act, reason=IMPORT_NOTE)
