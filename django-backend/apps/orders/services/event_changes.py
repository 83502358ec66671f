"""Staff and imports postpone, reschedule and cancel events and name opponents, each in one transaction.

The locks are taken in one order: the event, then its listings by id, then their tickets and sales.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.catalog.api import EventRescheduled, event_change_locked, event_locked
from apps.catalog.enums import EVENT_MOVES, EventMove, EventStatus
from apps.catalog.models import Event, EventChange, Venue
from apps.common.acts import Act, ChangeSource
from apps.common.listeners import Message
from apps.listings.api import event_note_write, markdowns_reschedule
from apps.notifications.api import MessageUndeliverable
from apps.orders.errors.sales import (
    EventMoveRefused,
    EventNoteMissing,
    EventStartRefused,
    EventStartTooFar,
    VenueUnknown,
)
from apps.orders.messages.changes import change_sides
from apps.orders.selectors.event_orders import may_bring_new_tickets
from apps.orders.services.event_effects import (
    affected_by,
    deliveries_reopen,
    holders_notify,
    listings_close,
    listings_recall,
    refunds_flag,
    staff_notify,
)

# Payouts are due days after an event: near the end of the calendar those days have no date.
FIRST_YEAR_REFUSED: Final = 2100
WATCHED: Final = ("status", "starts_at", "time_tbd", "date_tbd", "venue", "away_team_id")
OPPONENT_NOTE: Final = "The opponent has changed."


@dataclass(frozen=True)
class EventChanged:
    """The event as it is now, and how much was changed.

    `sales` are those flagged for refund when it was cancelled, or those to be delivered again when it moved.
    """

    event: Event
    listings: int
    sales: int
    holders: int


@transaction.atomic
def event_postpone(*, event_id: UUID, act: Act) -> EventChanged:
    """Postpone an event: its listings stay, no mark-down is due, nothing is payable before there is a new date.

    The holders and buyers of its seats are notified by mail and read the reason.

    Raises:
        EventNoteMissing: there is no reason.
        EventMoveRefused: the event is postponed or cancelled already; the sentence says since when.
        Event.DoesNotExist: there is no such event.
    """
    event = _movable(event_id, EventMove.POSTPONE, act)
    change = _moved(event, EventMove.POSTPONE, {}, act)
    listings, seats = affected_by(event)
    event_note_write(listings, replace(act, reason=f"Event postponed: {change.note}"))
    markdowns_reschedule(event_ids=[event.id], now=act.at)
    staff_notify(change=change, now=act.at)
    holders = holders_notify(change=change, template="event_postponed", seats=seats, now=act.at)
    return EventChanged(event, listings=len(listings), sales=0, holders=holders)


@transaction.atomic
def event_reschedule(
    *,
    event_id: UUID,
    starts_at: datetime,
    time_tbd: bool = False,
    date_tbd: bool = False,
    venue_id: UUID | None = None,
    act: Act,
) -> EventChanged:
    """Give an event a new start (UTC), at another venue if `venue_id` is given; a postponed one is scheduled again.

    Mark-downs follow the new date, delivered tickets must be delivered again, holders and buyers are notified by mail
    with the reason. Listings of seats that are not at the new venue go off sale until staff approve them again.

    Raises:
        EventNoteMissing: there is no reason.
        EventMoveRefused: the event is cancelled, or already has this start and venue.
        EventStartRefused, EventStartTooFar, VenueUnknown: the start is over or absurd, there is no such venue.
        Event.DoesNotExist: there is no such event.
    """
    event = _movable(event_id, EventMove.RESCHEDULE, act)
    if starts_at <= act.at:
        raise EventStartRefused
    if starts_at.year >= FIRST_YEAR_REFUSED:
        raise EventStartTooFar(before_year=FIRST_YEAR_REFUSED)
    venue = event.venue if venue_id in {None, event.venue_id} else Venue.objects.filter(id=venue_id).first()
    if venue is None:
        raise VenueUnknown
    facts = {"starts_at": starts_at, "time_tbd": time_tbd or date_tbd, "date_tbd": date_tbd, "venue": venue}
    if event.status == EventStatus.SCHEDULED and all(getattr(event, fact) == value for fact, value in facts.items()):
        raise EventMoveRefused("Cannot reschedule: the event already has this start and venue.")
    return _reschedule_follow(_moved(event, EventMove.RESCHEDULE, facts, act), act)


@transaction.atomic
def event_cancel(*, event_id: UUID, act: Act) -> EventChanged:
    """Cancel an event for good: open listings close, sales are flagged for refund.

    Holders and buyers are notified by mail.

    Raises:
        EventNoteMissing: there is no reason.
        EventMoveRefused: the event is cancelled already; the sentence says since when.
        Event.DoesNotExist: there is no such event.
    """
    event = _movable(event_id, EventMove.CANCEL, act)
    change = _moved(event, EventMove.CANCEL, {}, act)
    listings, seats = affected_by(event)
    listings_close(listings, replace(act, reason=f"Event cancelled: {change.note}"))
    sales = refunds_flag(event=event, now=act.at)
    staff_notify(change=change, now=act.at)
    holders = holders_notify(change=change, template="event_cancelled", seats=seats, now=act.at)
    return EventChanged(event, listings=len(listings), sales=sales, holders=holders)


@transaction.atomic
def event_opponent_follow(*, event: Event, before_id: UUID | None, act: Act) -> EventChanged:
    """Notify holders of listed and sold seats that a locked, saved event has another opponent than `before_id`.

    For a cancelled event, only the change is recorded.
    """
    act = replace(act, reason=OPPONENT_NOTE)
    change = _change_of(event, {"away_team_id": before_id}, act)
    if event.status == EventStatus.CANCELLED:
        return EventChanged(event, listings=0, sales=0, holders=0)
    return _reschedule_follow(change, act)


@transaction.atomic
def event_rescheduled_follow(*, message: Message[EventRescheduled], now: datetime) -> None:
    """Apply the move of an event by an import to listings and holders; once, however often called.

    A new date makes a postponed event scheduled again: only an event that will be played gets one. Holders are not
    notified of a date that is over, or that staff have changed since. A cancelled event has no consequences. Otherwise
    seats that are not at its venue go off sale, whatever the date.

    Raises:
        MessageUndeliverable: there is no such event or change.
    """
    event = event_locked(message.payload.event_id)
    change = event_change_locked(message.payload.event_change_id)
    if event is None or change is None:
        raise MessageUndeliverable("There is no such change of an event.")
    if change.followed_at:
        return
    change.event, change.followed_at = event, now
    change.save(update_fields=["followed_at"])
    if event.status == EventStatus.CANCELLED:
        return
    # The race: staff postpone or move the event after the import, and holders are notified already.
    later = EventChange.objects.filter(event=event, id__gt=change.id).exclude(source=ChangeSource.SYSTEM)
    if change.to_starts_at <= now or any(one.is_new_date or one.is_new_venue for one in later):
        _recall_away(change, now=now)
        return
    act = Act(None, ChangeSource.SYSTEM, now, change.note)
    # Until there is a new date, the export repeats the old one of a postponed game.
    if event.status == EventStatus.POSTPONED and not event.date_tbd and change.is_new_date:
        _moved(event, EventMove.RESCHEDULE, {}, act)
    _reschedule_follow(change, act)


def _movable(event_id: UUID, move: EventMove, act: Act) -> Event:
    if not act.reason.strip():
        raise EventNoteMissing
    event = event_locked(event_id)
    if event is None:
        raise Event.DoesNotExist
    if event.status in EVENT_MOVES[move][0]:
        return event
    status = EventStatus(event.status).label.lower()
    last = EventChange.objects.filter(event=event, to_status=event.status).exclude(from_status=event.status).first()
    state = f"has been {status} since {last.at.isoformat(timespec='seconds')}" if last else f"is {status}"
    raise EventMoveRefused(f"Cannot {move.label.lower()}: the event {state}.")


def _moved(event: Event, move: EventMove, facts: dict[str, Any], act: Act) -> EventChange:
    """Write the new facts and status of a locked event, and the change."""
    facts = {**facts, "status": EVENT_MOVES[move][1]}
    before = {name: getattr(event, name) for name in facts}
    for name, value in facts.items():
        setattr(event, name, value)
    event.save(update_fields=[*facts, "updated_at"])
    return _change_of(event, before, act)


def _change_of(event: Event, before: dict[str, Any], act: Act) -> EventChange:
    """Record that an event, as it is now, had the facts `before`."""
    after = {name: getattr(event, name) for name in WATCHED}
    return EventChange.objects.create(
        event=event,
        actor_id=act.actor_id,
        source=act.source,
        **{f"from_{name}": value for name, value in (after | before).items()},
        **{f"to_{name}": value for name, value in after.items()},
        note=act.reason.strip(),
        at=act.at,
        followed_at=act.at,
    )


def _reschedule_follow(change: EventChange, act: Act) -> EventChanged:
    (listings, seats), now = affected_by(change.event), act.at
    before, after = change_sides(change)
    word = "rescheduled" if change.is_new_date else "changed"
    act = replace(act, reason=f"Event {word} from {before} to {after}: {change.note}")
    recalled = listings_recall(change, listings, act)
    markdowns_reschedule(event_ids=[change.event_id], now=now)
    staff_notify(change=change, now=now)
    redelivery = may_bring_new_tickets(change)
    sales = deliveries_reopen(event=change.event, now=now) if redelivery else 0
    holders = holders_notify(
        change=change,
        template="event_rescheduled",
        seats=seats,
        now=now,
        redelivery=redelivery,
        recalled=recalled,
    )
    return EventChanged(change.event, listings=len(listings), sales=sales, holders=holders)


def _recall_away(change: EventChange, *, now: datetime) -> None:
    away = [listing for listing in affected_by(change.event)[0] if listing.other_venue]
    act = Act(None, ChangeSource.SYSTEM, now, f"The event is not where these seats are: {change.note}")
    listings_recall(change, away, act)
