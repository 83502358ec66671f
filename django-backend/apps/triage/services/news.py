"""Handlers of the outbox that show staff at once what happened, or refresh outdated messages."""

from datetime import datetime

from apps.catalog.api import FeedDiffers, open_feed_differences
from apps.catalog.enums import EventStatus
from apps.catalog.models import EventChange
from apps.common.listeners import Message
from apps.listings.api import ListingNews
from apps.notifications.api import MessageUndeliverable
from apps.orders.api import EventChanged
from apps.season_tickets.api import SeasonTicketDecision, SeasonTicketRegistered
from apps.triage.enums import TriageKind
from apps.triage.messages.news import event_words, feed_words
from apps.triage.selectors import admin_url, event_shown, season_tickets_shown_with, undecided_listings_of
from apps.triage.services.showing import triage_refresh, triage_refresh_by_id, triage_show
from apps.triage.topics import TriageShown


def season_ticket_registered_show(*, message: Message[SeasonTicketRegistered], now: datetime) -> None:
    """Show a new season ticket, with buttons to verify or reject it; refresh the messages of possible twins."""
    season_ticket_id = message.payload.season_ticket_id
    triage_show(
        kind=TriageKind.SEASON_TICKET,
        object_ids=[season_ticket_id],
        source_key=f"outbox:{message.id}",
        holder_id=message.payload.holder_id,
        now=now,
    )
    triage_refresh(object_ids=season_tickets_shown_with(season_ticket_id), now=now)


def season_ticket_decided_show(*, message: Message[SeasonTicketDecision], now: datetime) -> None:
    """Refresh the messages about a season ticket and its twins after a decision, wherever it was made."""
    triage_refresh(object_ids=season_tickets_shown_with(message.payload.season_ticket_id), now=now)


def listings_moved_show(*, message: Message[ListingNews], now: datetime) -> None:
    """Refresh the messages about listings, whoever moved them."""
    triage_refresh(object_ids=message.payload.listing_ids, now=now)


def triage_shown_check(*, message: Message[TriageShown], now: datetime) -> None:
    """Refresh a message that was just made.

    The race: somebody decides after its contents were read and before it was committed, so nobody could refresh it.
    """
    triage_refresh_by_id(message_id=message.payload.triage_message_id, now=now)


def feed_differs_show(*, message: Message[FeedDiffers], now: datetime) -> None:
    """Show on which events an import and staff disagree; what was decided meanwhile is left out."""
    found = open_feed_differences(message.payload.feed_difference_ids)
    if not found:
        return
    season = found[0].event.season
    words = feed_words(
        season=str(season),
        differences=list(found),
        admin_url=admin_url("catalog_feeddifference", state="open", event__season__id__exact=str(season.id)),
    )
    triage_show(
        kind=TriageKind.EVENT,
        object_ids=list(dict.fromkeys(row.event_id for row in found)),
        source_key=f"outbox:{message.id}",
        now=now,
        words=words,
    )


def event_changed_show(*, message: Message[EventChanged], now: datetime) -> None:
    """Show an event that was postponed, cancelled or moved to another venue while seats of it are sold.

    Messages about listings of it that wait for a decision show its new start.

    Raises:
        MessageUndeliverable: there is no such change.
    """
    changes = EventChange.objects.select_related("event", "actor", "from_venue", "to_venue")
    change = changes.filter(id=message.payload.event_change_id).first()
    if change is None:
        raise MessageUndeliverable("There is no such change of an event.")
    triage_refresh(object_ids=undecided_listings_of(event_id=change.event_id), now=now)
    matters = change.to_status != EventStatus.SCHEDULED or change.is_new_venue
    if not matters or (shown := event_shown(change)) is None:
        return
    triage_show(
        kind=TriageKind.EVENT,
        object_ids=[change.event_id],
        source_key=f"outbox:{message.id}",
        now=now,
        words=event_words(shown),
    )
