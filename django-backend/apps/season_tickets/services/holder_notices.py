"""Notifies holders of decisions about their season tickets: a handler of the outbox.

It makes a notice and puts a mail in one transaction; a second call for the same message does nothing.
"""

from datetime import datetime

from apps.common.listeners import Message
from apps.notifications.api import MessageUndeliverable, NewNotice, people_notify
from apps.notifications.enums import NoticeKind
from apps.season_tickets.messages import DECISION_NOTICES, season_ticket_context, season_ticket_notice
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.topics import SeasonTicketDecision


def season_ticket_decided_notify(*, message: Message[SeasonTicketDecision], now: datetime) -> None:
    """Notify the holder that a season ticket was verified, rejected or ended, with the reason.

    The notice is about the decision in the message, even if the season ticket has changed since.

    Raises:
        MessageUndeliverable: there is no such season ticket.
        KeyError: there is no notice for that status in this version.
    """
    rows = SeasonTicket.objects.select_related("holder", "team", "season", "event")
    season_ticket = rows.filter(id=message.payload.season_ticket_id).first()
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
