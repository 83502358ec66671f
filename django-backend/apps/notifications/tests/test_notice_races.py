"""A message that two workers deliver at the same moment, in real transactions."""

import threading
from collections.abc import Iterator

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.services.notices import NewNotice, NoticeWords, people_notify
from apps.notifications.testing.factories import NOW

pytestmark = pytest.mark.django_db(transaction=True)
CONSTRAINT = "notice_once_for_user"
WORKERS = 6


def tell_at_once() -> list[int]:
    """Tell one user from one source in several connections at once; return how many users each has told."""
    user = get_user_model().objects.create_user("pat@example.com")
    source, barrier, told = uuid7(), threading.Barrier(WORKERS), list[int]()

    def run() -> None:
        try:
            notice = NewNotice(
                user_id=user.pk, kind=NoticeKind.SALES, words=NoticeWords("Sold", ""), object_ids=[],
                template="sale_recorded",
            )  # fmt: skip
            connection.ensure_connection()
            barrier.wait(20)
            told.append(people_notify(notices=[notice], source_id=source, now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(told)


@pytest.fixture
def no_constraint() -> Iterator[None]:
    """Take the guard away and put it back when the test's rows are gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = %s", [CONSTRAINT])
        name, definition = cursor.fetchone()
        cursor.execute(f"ALTER TABLE notifications_notice DROP CONSTRAINT {name}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE notifications_notice")
        cursor.execute(f"ALTER TABLE notifications_notice ADD CONSTRAINT {name} {definition}")


class TestOneMessageToTwoWorkers:
    def test_tells_once(self) -> None:
        """S3-53, S4-12: one of them makes the notice and puts the mail, the others find it made."""
        assert tell_at_once() == [0] * (WORKERS - 1) + [1]
        assert Notice.objects.count() == 1
        assert OutboxMessage.objects.filter(topic="mail").count() == 1

    def test_would_tell_each_time_without_the_constraint(self, no_constraint: None) -> None:
        """Twin: nothing but the constraint stands between two workers."""
        assert tell_at_once() == [1] * WORKERS
        assert OutboxMessage.objects.filter(topic="mail").count() == WORKERS
