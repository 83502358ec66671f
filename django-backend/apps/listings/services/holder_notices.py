"""Tells holders what was decided about their season tickets and listings: handlers of the outbox.

Each makes a notice and puts a mail in one transaction; called again for the same message, it does neither.
"""

from datetime import datetime
from uuid import UUID

from apps.holders.api import rate_day
from apps.listings.enums import ListingMove, SeasonTicketStatus
from apps.listings.messages import (
    DECISIONS_TOLD,
    MOVES_TOLD,
    listings_context,
    listings_notice,
    season_ticket_context,
    season_ticket_notice,
)
from apps.listings.selectors.told import listings_told, season_ticket_told
from apps.notifications.api import MessageUndeliverable, NewMail, NewNotice, people_tell
from apps.notifications.enums import NoticeKind
from apps.notifications.models import OutboxMessage


def season_ticket_decided_tell(*, message: OutboxMessage, now: datetime) -> None:
    """Tell the holder that a season ticket was verified, rejected or ended, with the reason; four queries.

    What is told is the decision that the message is about, whatever became of the season ticket since.

    Raises:
        MessageUndeliverable: there is no such season ticket.
        ValueError, KeyError: the message is about another status; a later version may know it.
    """
    season_ticket = season_ticket_told(season_ticket_id=UUID(message.payload["season_ticket_id"]))
    if season_ticket is None:
        raise MessageUndeliverable("There is no such season ticket.")
    status = SeasonTicketStatus(message.payload["status"])
    template = DECISIONS_TOLD[status].template
    context = season_ticket_context(season_ticket, status=status)
    words = season_ticket_notice(context, status=status)
    notice = NewNotice(
        user_id=season_ticket.holder.user_id,
        kind=NoticeKind.SEASON_TICKETS,
        title=words.title,
        text=words.text,
        object_ids=[season_ticket.id],
    )
    mail = NewMail(user_id=notice.user_id, template=template, context=context, kind=notice.kind)
    people_tell(notices=[notice], mails=[mail], source_id=message.id, now=now)


def listings_moved_tell(*, message: OutboxMessage, now: datetime) -> None:
    """Tell the holder what was decided about listings: one notice and one mail, however many; of an expiry no mail.

    Nothing is told of moves that holders make themselves, or that another message tells of. Prices are those at `now`,
    payouts by the rates of its UTC date. Six queries at most.

    Raises:
        ValueError: there is no such move; a later version may know it.
    """
    payload = message.payload
    move = ListingMove(payload["move"])
    ids = [UUID(listing_id) for listing_id in payload["listing_ids"]] if move in MOVES_TOLD else []
    told = listings_told(listing_ids=ids, on=rate_day(now))
    if not told or str(told[0].listing.holder.user_id) == payload["actor_id"]:
        return
    context = listings_context(told, move=move, reason=payload["reason"])
    words = listings_notice(context, move=move)
    notice = NewNotice(
        user_id=told[0].listing.holder.user_id,
        kind=NoticeKind.LISTINGS,
        title=words.title,
        text=words.text,
        object_ids=[one.listing.id for one in told],
    )
    template = MOVES_TOLD[move].template
    mails = [NewMail(user_id=notice.user_id, template=template, context=context, kind=notice.kind)] if template else []
    people_tell(notices=[notice], mails=mails, source_id=message.id, now=now)
