"""Notifies holders that a statement is ready: a handler of the outbox."""

from datetime import datetime
from typing import Final

from apps.notifications.api import NewMail, NewNotice, people_tell
from apps.notifications.enums import NoticeKind
from apps.notifications.models import OutboxMessage
from apps.payouts.messages import statement_context, statement_notice
from apps.payouts.selectors import first_lines, statement_told

MAX_LINES: Final = 20


def statement_ready_tell(*, message: OutboxMessage, now: datetime) -> None:
    """Make a notice and put a mail with the sums and the first lines; a second call for the message does nothing.

    Raises:
        Statement.DoesNotExist: there is no such statement.
    """
    statement = statement_told(statement_id=message.payload["statement_id"])
    context = statement_context(statement=statement, lines=first_lines(statement_id=statement.id, limit=MAX_LINES))
    words = statement_notice(context)
    notice = NewNotice(
        user_id=statement.holder.user_id,
        kind=NoticeKind.STATEMENTS,
        title=words.title,
        text=words.text,
        object_ids=[statement.id],
    )
    mail = NewMail(user_id=notice.user_id, template="statement_ready", context=context, kind=notice.kind)
    people_tell(notices=[notice], mails=[mail], source_id=message.id, now=now)
