"""Notifies holders of decisions about their season tickets and listings: handlers of the outbox.

Each makes a notice and puts a mail in one transaction; a second call for the same message does nothing.
"""

from datetime import datetime

from apps.common.listeners import Message
from apps.holders.api import rate_day
from apps.listings.messages import (
    DECISION_NOTICES,
    MOVE_NOTICES,
    listings_context,
    listings_notice,
    season_ticket_context,
    season_ticket_notice,
)
from apps.listings.selectors.notices import listings_to_notify, season_ticket_to_notify
from apps.listings.topics import ListingsMoved, SeasonTicketDecision
from apps.notifications.api import MessageUndeliverable, NewNotice, people_notify
from apps.notifications.enums import NoticeKind


def season_ticket_decided_notify(*, message: Message[SeasonTicketDecision], now: datetime) -> None:
    """Notify the holder that a season ticket was verified, rejected or ended, with the reason.

    The notice is about the decision in the message, even if the season ticket has changed since.

    Raises:
        MessageUndeliverable: there is no such season ticket.
        KeyError: there is no notice for that status in this version.
    """
    season_ticket = season_ticket_to_notify(season_ticket_id=message.payload.season_ticket_id)
    if season_ticket is None:
        raise MessageUndeliverable("There is no such season ticket.")
    status = message.payload.status
    context = season_ticket_context(season_ticket, status=status)
    notice = NewNotice(
        user_id=season_ticket.holder.user_id,
        kind=NoticeKind.SEASON_TICKETS,
        words=season_ticket_notice(context, status=status),
        object_ids=[season_ticket.id],
        template=DECISION_NOTICES[status].template,
        context=context,
    )
    people_notify(notices=[notice], source_id=message.id, now=now)


def listings_moved_notify(*, message: Message[ListingsMoved], now: datetime) -> None:
    """Notify the holder of decisions about listings with one notice and one mail; there is no mail about an expiry.

    Moves that holders make themselves, or that another message is about, are left out. Prices are those at `now`,
    payouts by the rates of its UTC date.
    """
    payload, move = message.payload, message.payload.move
    ids = payload.listing_ids if move in MOVE_NOTICES else []
    listings = listings_to_notify(listing_ids=ids, on=rate_day(now))
    if not listings or listings[0].listing.holder.user_id == payload.actor_id:
        return
    context = listings_context(listings, move=move, reason=payload.reason)
    notice = NewNotice(
        user_id=listings[0].listing.holder.user_id,
        kind=NoticeKind.LISTINGS,
        words=listings_notice(context, move=move),
        object_ids=[one.listing.id for one in listings],
        template=MOVE_NOTICES[move].template,
        context=context,
    )
    people_notify(notices=[notice], source_id=message.id, now=now)
