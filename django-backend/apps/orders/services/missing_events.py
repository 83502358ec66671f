"""Staff decide about events that have left the feed: postpone, cancel, keep, or continue as the rescheduled game."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from apps.catalog.api import (
    FACTS,
    FEED_FACTS,
    NO_LONGER,
    event_labels_keep,
    merge,
    skybox_import_locked,
    successor_locked,
    successors,
)
from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.models import Event, FeedDifference, FeedEvent
from apps.common.acts import Act
from apps.common.text import counted
from apps.listings.api import withheld_seats_move
from apps.orders.errors import FeedDecisionRefused
from apps.orders.selectors import event_uses
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule
from apps.orders.services.feed_decisions import with_import_note

_SAME_GAME: Final = "The game continues under its original date."
_ROADS: Final[dict[str, Callable[..., EventChanged]]] = {"postpone": event_postpone, "cancel": event_cancel}


@transaction.atomic
def missing_event_decide(
    *, event_id: UUID, decision: str, successor: int | None = None, act: Act, is_noted: bool = True
) -> EventChanged | None:
    """Decide about an event that the feed lacks; return what was changed, None when it is kept.

    `decision` is `keep`, `postpone`, `cancel`, or `succeed` with the SkyBox id of its `successor`; the holders
    read the reason. `is_noted` is False for what only a preview has found missing so far.

    Raises:
        FeedDecisionRefused: it is no longer missing, or `successor` cannot replace it.
        EventNoteMissing, EventMoveRefused, EventStartRefused: as the change itself.
        Event.DoesNotExist: there is no such event.
    """
    # Imports wait: none finds the event missing or adds the successor again during the decision.
    skybox_import_locked()
    waiting = FeedDifference.objects.filter(event=event_id, fact=FeedFact.MISSING, decision="").exists()
    said = FeedEvent.objects.filter(event=event_id, superseded_at__isnull=True).first()
    if said is None or not (waiting or (not is_noted and said.missing_since is None)):
        raise FeedDecisionRefused("The event is no longer missing, or somebody has decided about it meanwhile.")
    done = None
    if decision in _ROADS:
        done = _ROADS[decision](event_id=event_id, act=act)
    elif decision == "succeed":
        done = _succeed(event_id, successor, with_import_note(act))
    _decided(event_id, FeedDecision.KEPT if decision == "keep" else FeedDecision.TAKEN, act)
    return done


def only_successor(*, event_id: UUID) -> int | None:
    """Return the SkyBox id of the one game that may be an event on a new day, None for none or several."""
    games = successors([event_id])[event_id]
    return games[0].skybox_event_id if len(games) == 1 else None


def _decided(event_id: UUID, decision: FeedDecision, act: Act) -> None:
    """Record the decision on what waits for it, or as a new row if only a preview has found the event missing."""
    ended = {"decision": decision, "decided_at": act.at, "decided_by_id": act.actor_id}
    waiting = FeedDifference.objects.filter(event=event_id, fact=FeedFact.MISSING, decision="")
    if not waiting.update(**ended, updated_at=act.at):
        event = Event.objects.get(pk=event_id)
        FeedDifference.objects.create(
            event=event, fact=FeedFact.MISSING, feed_says=NO_LONGER, we_had=event.label, noticed_at=act.at, **ended
        )
        said = FeedEvent.objects.filter(event=event_id, superseded_at__isnull=True)
        said.update(missing_since=act.at, updated_at=act.at)


def _succeed(event_id: UUID, successor: int | None, act: Act) -> EventChanged:
    """Continue an event as the game `successor`: it takes over id, start and venue, and the other event is deleted.

    The event with listings, sales and history stays, so none of them has to move. Both events are locked, in id order:
    listing seats shares one of these locks, so seats listed meanwhile are seen here, or the listing finds no such
    event.
    """
    if successor not in {game.skybox_event_id for game in successors([event_id])[event_id]}:
        raise FeedDecisionRefused(
            "No game of the same teams that was rescheduled from that day has been imported. Confirm the import first."
        )
    other_id = Event.objects.values_list("id", flat=True).get(skybox_event_id=successor)
    event, other = successor_locked(event_id=event_id, other_id=other_id)
    _refuse_in_use(event, other)
    old = FeedEvent.objects.get(event=event_id, skybox_event_id=event.skybox_event_id or 0)
    values = {fact: getattr(other, fact) for fact in FACTS}
    merged = merge(
        base={fact: getattr(old, fact) for fact in FACTS},
        ours={fact: getattr(event, fact) for fact in FACTS},
        feed=values,
    ).values
    new = FeedEvent.objects.get(skybox_event_id=successor)
    withheld_seats_move(from_event=other, to_event=event)
    new.event, new.missing_since = event, None
    new.save(update_fields=["event", "missing_since", "updated_at"])
    _remove(other, act)
    old.superseded_at = act.at
    old.save(update_fields=["superseded_at", "updated_at"])
    schedule = [column for part in FEED_FACTS[FeedFact.SCHEDULE] for column in part]
    rest = {column: value for column, value in merged.items() if column not in schedule}
    Event.objects.filter(pk=event_id).update(skybox_event_id=successor, **rest, updated_at=act.at)
    _outdate(FeedDifference.objects.filter(event=event_id, fact=FeedFact.SCHEDULE), act)
    event_labels_keep(season_id=event.season_id)  # before holders read it
    start = {column: values[column] for column in schedule}
    # Unless staff have moved it there by hand, and holders are notified already.
    if event.status == EventStatus.SCHEDULED and all(getattr(event, column) == start[column] for column in start):
        return EventChanged(event, listings=0, sales=0, holders=0)
    return event_reschedule(event_id=event_id, **start, act=act)


def _refuse_in_use(event: Event, other: Event) -> None:
    uses = event_uses([other.id])[other.id]
    if uses.open_listings or uses.sales:
        raise FeedDecisionRefused(
            f"{other} has {counted(uses.open_listings, 'open listing')} and {counted(uses.sales, 'sale')} of its own."
            f" Have them delisted or made void first, or cancel {event}: its holders are notified and can list again."
        )


def _outdate(differences: QuerySet[FeedDifference], act: Act) -> None:
    differences.filter(decision="").update(
        decision=FeedDecision.OUTDATED, decided_at=act.at, decided_by=act.actor_id, updated_at=act.at
    )


def _remove(other: Event, act: Act) -> None:
    """Delete the replaced event; one with a history stays, cancelled and unknown to the feed."""
    try:
        with transaction.atomic():
            other.delete()
    except ProtectedError:
        _outdate(FeedDifference.objects.filter(event=other), act)
        Event.objects.filter(pk=other.pk).update(skybox_event_id=None, updated_at=act.at)
        if other.status != EventStatus.CANCELLED:
            event_cancel(event_id=other.pk, act=replace(act, reason=_SAME_GAME))
