"""Notifies holders that a statement is ready: a handler of the outbox."""

from datetime import datetime
from typing import Final

from apps.common.listeners import Message
from apps.notifications.api import NewNotice, people_notify
from apps.notifications.enums import NoticeKind
from apps.payouts.messages import statement_context, statement_notice
from apps.payouts.models import Statement
from apps.payouts.selectors import statement_lines
from apps.payouts.topics import StatementReady

MAX_LINES: Final = 20


def statement_ready_notify(*, message: Message[StatementReady], now: datetime) -> None:
    """Make a notice and put a mail with the sums and the first lines; a second call for the message does nothing.

    Raises:
        Statement.DoesNotExist: there is no such statement.
    """
    statement = Statement.objects.select_related("holder").get(id=message.payload.statement_id)
    lines = list(statement_lines(statement_id=statement.id).order_by("id")[:MAX_LINES])
    context = statement_context(statement=statement, lines=lines)
    notice = NewNotice(
        user_id=statement.holder.user_id,
        kind=NoticeKind.STATEMENTS,
        words=statement_notice(context),
        object_ids=[statement.id],
        template="statement_ready",
        context=context,
    )
    people_notify(notices=[notice], source_id=message.id, now=now)
