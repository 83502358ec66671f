"""Notifies holders of decisions about their listings: handlers of the outbox.

Each makes a notice and puts a mail in one transaction; a second call for the same message does nothing.
"""

from datetime import datetime

from apps.common.listeners import Message
from apps.holders.api import rate_day
from apps.listings.messages import MOVE_NOTICES, listings_context, listings_notice
from apps.listings.selectors.notices import listings_to_notify
from apps.listings.topics import ListingsMoved
from apps.notifications.api import NewNotice, people_notify
from apps.notifications.enums import NoticeKind


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
