"""What a decision of staff about the feed changes in the catalogue; a higher app lets listings and holders follow."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import ProtectedError, QuerySet

from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.errors import FeedDecisionRefused
from apps.catalog.locks import event_locked, skybox_import_locked, successor_locked
from apps.catalog.models import Event, FeedDifference, FeedEvent
from apps.catalog.rules.feed_merge import FACTS, FEED_FACTS, merge
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.event_uses import event_uses
from apps.catalog.services.feed_missing import NO_LONGER, successors
from apps.common.acts import Act
from apps.common.text import counted


@dataclass(frozen=True)
class OpenDifference:
    """An open difference and its event, locked against imports and other decisions."""

    difference: FeedDifference
    event: Event

    def feed_values(self) -> dict[str, Any]:
        """Return what the feed says, by column of the event; empty if the event has these values already.

        Raises:
            FeedDecisionRefused: the event has left the feed, or what the feed said is no longer known.
        """
        event, fact = self.event, FeedFact(self.difference.fact)
        if fact is FeedFact.MISSING:
            raise FeedDecisionRefused("The event has left the feed: postpone or cancel it, or keep it.")
        said = FeedEvent.objects.filter(event=event, skybox_event_id=event.skybox_event_id or 0).first()
        if said is None or (fact is FeedFact.SCHEDULE and said.venue_id is None):
            raise FeedDecisionRefused("What the feed said is no longer known: import a newer file, or keep ours.")
        values = {column: getattr(said, column) for column in _columns(fact)}
        return values if any(getattr(event, column) != value for column, value in values.items()) else {}

    def write(self, values: dict[str, Any]) -> None:
        """Write values of the feed that change neither start nor venue, and the label."""
        event = self.event
        for column, value in values.items():
            setattr(event, column, value)
        event.save(update_fields=[*(column.removesuffix("_id") for column in values), "updated_at"])
        event.label = event_labels_keep(season_id=event.season_id).get(event.id, event.label)

    def decide(self, decision: FeedDecision, act: Act) -> FeedDifference:
        """Record the decision and return the difference."""
        row = self.difference
        row.decision, row.decided_at, row.decided_by_id = decision, act.at, act.actor_id
        row.save(update_fields=["decision", "decided_at", "decided_by", "updated_at"])
        return row


def open_difference_locked(difference_id: UUID) -> OpenDifference:
    """Return an open difference and its event under their locks.

    Raises:
        FeedDecisionRefused: the difference is no longer open.
        FeedDifference.DoesNotExist: there is no such difference.
    """
    found = FeedDifference.objects.get(pk=difference_id)
    if found.fact == FeedFact.MISSING:
        skybox_import_locked()  # imports record what a file lacks under this lock only
    event = event_locked(found.event_id)
    difference = FeedDifference.objects.filter(pk=difference_id, decision="").first()
    if event is None or difference is None:
        raise FeedDecisionRefused("This was decided meanwhile, or the feed now says something else.")
    return OpenDifference(difference, event)


@contextmanager
def missing_event_deciding(*, event_id: UUID, decision: FeedDecision, act: Act, is_noted: bool) -> Iterator[None]:
    """Lock a missing event against imports, and record the decision once the block has made its changes.

    `is_noted` is False for what only a preview has found missing.

    Raises:
        FeedDecisionRefused: the event is no longer missing.
    """
    # Imports wait: none finds the event missing or adds the successor again during the decision.
    skybox_import_locked()
    waiting = FeedDifference.objects.filter(event=event_id, fact=FeedFact.MISSING, decision="")
    said = FeedEvent.objects.filter(event=event_id, superseded_at__isnull=True)
    found = said.first()
    if found is None or not (waiting.exists() or (not is_noted and found.missing_since is None)):
        raise FeedDecisionRefused("The event is no longer missing, or somebody has decided about it meanwhile.")
    yield
    ended = {"decision": decision, "decided_at": act.at, "decided_by_id": act.actor_id}
    if not waiting.update(**ended, updated_at=act.at):
        event = Event.objects.get(pk=event_id)
        FeedDifference.objects.create(
            event=event, fact=FeedFact.MISSING, feed_says=NO_LONGER, we_had=event.label, noticed_at=act.at, **ended
        )
        # Not `said`: a successor has brought its own row along by now, and is in the feed.
        FeedEvent.objects.filter(pk=found.pk).update(missing_since=act.at, updated_at=act.at)


@dataclass(frozen=True)
class Succession:
    """An event that has left the feed, and the game that replaces it there, under their locks.

    The event with listings, sales and history stays, so none of them has to move.
    """

    event: Event
    other: Event
    successor: int  # the SkyBox id of the other one

    def complete(self, *, act: Act) -> dict[str, Any]:
        """Give the event the SkyBox id and facts of the other one; return the start and venue that it must move to.

        Empty if staff have moved it there by hand, and holders are notified already. The other event is deleted and
        loses its key; one with a history stays, unknown to the feed.
        """
        event, other, successor = self.event, self.other, self.successor
        old = FeedEvent.objects.get(event=event, skybox_event_id=event.skybox_event_id or 0)
        base, ours, feed = ({fact: getattr(side, fact) for fact in FACTS} for side in (old, event, other))
        merged = merge(base=base, ours=ours, feed=feed).values
        FeedEvent.objects.filter(skybox_event_id=successor).update(event=event, missing_since=None, updated_at=act.at)
        _remove(other, act)
        old.superseded_at = act.at
        old.save(update_fields=["superseded_at", "updated_at"])
        schedule = _columns(FeedFact.SCHEDULE)
        rest = {column: value for column, value in merged.items() if column not in schedule}
        Event.objects.filter(pk=event.pk).update(skybox_event_id=successor, **rest, updated_at=act.at)
        _outdate(FeedDifference.objects.filter(event=event, fact=FeedFact.SCHEDULE), act)
        event_labels_keep(season_id=event.season_id)  # before holders read it
        is_there = event.status == EventStatus.SCHEDULED and all(ours[column] == feed[column] for column in schedule)
        return {} if is_there else {column: feed[column] for column in schedule}


def succession_locked(*, event_id: UUID, successor: int | None) -> Succession:
    """Return an event and the game with the SkyBox id `successor`, or the only possible one, both locked in id order.

    Listing seats shares one of these locks, so seats listed meanwhile are seen here, or the listing finds no such
    event.

    Raises:
        FeedDecisionRefused: there is no such game of the same teams, or it has listings or sales of its own.
    """
    games = {game.skybox_event_id for game in successors([event_id])[event_id]}
    if successor is None and len(games) == 1:
        (successor,) = games
    if successor is None or successor not in games:
        raise FeedDecisionRefused(
            "No game of the same teams that was rescheduled from that day has been imported. Confirm the import first."
        )
    other_id = Event.objects.values_list("id", flat=True).get(skybox_event_id=successor)
    event, other = successor_locked(event_id=event_id, other_id=other_id)
    uses = event_uses([other.id])[other.id]
    if uses.open_listings or uses.sales:
        raise FeedDecisionRefused(
            f"{other} has {counted(uses.open_listings, 'open listing')} and {counted(uses.sales, 'sale')} of its own."
            f" Have them delisted or made void first, or cancel {event}: its holders are notified and can list again."
        )
    return Succession(event, other, successor)


def _columns(fact: FeedFact) -> list[str]:
    return [column for part in FEED_FACTS[fact] for column in part]


def _outdate(differences: QuerySet[FeedDifference], act: Act) -> None:
    differences.filter(decision="").update(
        decision=FeedDecision.OUTDATED, decided_at=act.at, decided_by=act.actor_id, updated_at=act.at
    )


def _remove(other: Event, act: Act) -> None:
    try:
        with transaction.atomic():
            other.delete()
    except ProtectedError:
        _outdate(FeedDifference.objects.filter(event=other), act)
        Event.objects.filter(pk=other.pk).update(skybox_event_id=None, updated_at=act.at)
