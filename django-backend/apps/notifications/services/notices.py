"""Notices inside the product: made from outbox messages, read by their user, deleted after a while."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from apps.common.database import deleted_in_batches
from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind
from apps.notifications.errors import NoticeNotFound
from apps.notifications.models import Notice
from apps.notifications.selectors import notices_of
from apps.notifications.services.mail import mail_put_many
from apps.notifications.topics import NewMail

RETENTION: Final = timedelta(days=180)
PURGE_BATCH: Final = 5_000
MAX_TITLE: Final = 200
# Plain SQL: `bulk_create` does not return which rows it has inserted.
_INSERT: Final = """
INSERT INTO notifications_notice (id, user_id, kind, title, text, object_ids, source_id, created_at)
SELECT id, user_id, kind, title, text, object_ids, %(source_id)s, %(now)s FROM jsonb_to_recordset(%(rows)s)
    AS new (id uuid, user_id uuid, kind text, title text, text text, object_ids jsonb)
ON CONFLICT DO NOTHING RETURNING user_id
"""


class NoticeWords(NamedTuple):
    """Title and text of a notice, both plain."""

    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class NewNotice:
    """A notice to make, with the ids of what it is about; a title that is too long is cut.

    With a `template` a mail of the same kind goes with it, which shows `context`, in JSON.
    """

    user_id: UUID
    kind: NoticeKind
    words: NoticeWords
    object_ids: Sequence[UUID]
    template: str | None = None
    context: dict[str, Any] = field(default_factory=dict)


def notices_put_many(*, notices: Sequence[NewNotice], source_id: UUID, now: datetime) -> set[UUID]:
    """Make notices from one source, at most one for each user; return the ids of the users who had none from it.

    The race: a handler that is called twice for one message, even at the same moment. One call inserts; the other waits
    for its commit and gets nobody back. Mails to these users in the same transaction are therefore put once, too.

    Raises:
        TransactionManagementError: there is no transaction, so a crash could come between notices and mails.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Notices and their mails need one transaction.")
    rows = [
        {
            "id": uuid7(),
            "user_id": notice.user_id,
            "kind": notice.kind,
            "title": _cut(notice.words.title),
            "text": notice.words.text,
            "object_ids": notice.object_ids,
        }
        for notice in notices
    ]
    if not rows:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, {"rows": json.dumps(rows, default=str), "source_id": source_id, "now": now})
        return {user_id for (user_id,) in cursor.fetchall()}


@transaction.atomic(savepoint=False)
def people_notify(*, notices: Sequence[NewNotice], source_id: UUID, now: datetime) -> int:
    """Make notices and put the mails that go with them, both or neither; return how many users are notified.

    Users who were notified from this source before get no second notice or mail, so that a handler of the outbox can be
    called again.
    """
    new = notices_put_many(notices=notices, source_id=source_id, now=now)
    mails = [
        NewMail(user_id=notice.user_id, template=notice.template, context=notice.context, kind=notice.kind)
        for notice in notices
        if notice.template and notice.user_id in new
    ]
    mail_put_many(mails=mails, now=now)
    return len(new)


@transaction.atomic
def notice_read(*, user_id: UUID, notice_id: UUID, now: datetime) -> Notice:
    """Mark one of the user's notices as read and return it; the time of the first reading stays.

    Raises:
        NoticeNotFound: the user has no such notice.
    """
    own = notices_of(user_id=user_id)
    own.filter(id=notice_id, read_at__isnull=True).update(read_at=now)
    notice = own.filter(id=notice_id).first()
    if notice is None:
        raise NoticeNotFound
    return notice


def notices_read_all(*, user_id: UUID, now: datetime) -> int:
    """Mark all notices of the user as read and return how many were not."""
    return notices_of(user_id=user_id).filter(read_at__isnull=True).update(read_at=now)


def notices_purge(*, now: datetime) -> int:
    """Delete notices that are older than the retention, read or not, in batches; return how many."""
    old = Notice.objects.filter(created_at__lte=now - RETENTION).order_by("created_at")
    return deleted_in_batches(old, size=PURGE_BATCH)


def _cut(title: str) -> str:
    return title if len(title) <= MAX_TITLE else f"{title[: MAX_TITLE - 1]}…"
