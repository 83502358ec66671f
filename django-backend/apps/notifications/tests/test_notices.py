"""Notices: made once for each source and user, read by the one they are for, deleted after a while."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries, Settings

from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind
from apps.notifications.errors import NoticeNotFound
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.services.notices import (
    RETENTION,
    NewNotice,
    NoticeWords,
    notice_read,
    notices_purge,
    notices_put_many,
    notices_read_all,
    people_notify,
)
from apps.notifications.tasks import purge_notices
from apps.notifications.testing.factories import NOW, NoticeFactory

User = get_user_model()
SECOND = timedelta(seconds=1)
SOURCE = UUID("019a0000-0000-7000-8000-000000000001")


def people(count: int) -> list[AbstractBaseUser]:
    return [User.objects.create_user(f"pat{number}@example.com") for number in range(count)]


def about(user: AbstractBaseUser, title: str = "On sale", **mail: Any) -> NewNotice:
    words = NoticeWords(title, "Row A")
    return NewNotice(user_id=user.pk, kind=NoticeKind.LISTINGS, words=words, object_ids=[uuid7()], **mail)


@pytest.mark.django_db
class TestPut:
    def test_tells_each_user_once_for_a_source(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """S3-53: a handler that is called twice tells nobody twice; one INSERT and one SELECT however many."""
        users = people(5)
        notices = [about(user) for user in users]
        with django_assert_num_queries(2):
            assert notices_put_many(notices=notices[:3], source_id=SOURCE, now=NOW) == {user.pk for user in users[:3]}
        with django_assert_num_queries(2):
            assert notices_put_many(notices=notices, source_id=SOURCE, now=NOW) == {user.pk for user in users[3:]}
        assert notices_put_many(notices=notices, source_id=SOURCE, now=NOW) == set()
        assert Notice.objects.count() == 5
        assert notices_put_many(notices=notices, source_id=uuid7(), now=NOW) == {user.pk for user in users}

    def test_keeps_what_is_told(self) -> None:
        (user,) = people(1)
        new = about(user, title="x" * 300)
        notices_put_many(notices=[new], source_id=SOURCE, now=NOW)
        notice = Notice.objects.get()
        assert notice.title == "x" * 199 + "…"
        assert (notice.user_id, notice.kind, notice.text, notice.object_ids, notice.created_at, notice.read_at) == (
            user.pk, "listings", "Row A", [str(new.object_ids[0])], NOW, None,
        )  # fmt: skip

    def test_asks_nothing_for_nobody(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        with django_assert_num_queries(0):
            assert notices_put_many(notices=[], source_id=SOURCE, now=NOW) == set()


@pytest.mark.django_db(transaction=True)
def test_put_refuses_to_stand_beside_a_transaction() -> None:
    """Between a notice that is there and a mail that is not put yet, a crash would lose the mail for ever."""
    (user,) = people(1)
    with pytest.raises(TransactionManagementError):
        notices_put_many(notices=[about(user)], source_id=SOURCE, now=NOW)
    assert not Notice.objects.exists()


@pytest.mark.django_db
class TestPeopleNotify:
    def test_mails_those_whom_it_tells(self) -> None:
        """S3-53: twice the same message, one notice and one mail."""
        first, second = people(2)
        notices = [about(user, template="event_postponed") for user in (first, second)]
        assert people_notify(notices=notices[:1], source_id=SOURCE, now=NOW) == 1
        assert people_notify(notices=notices, source_id=SOURCE, now=NOW) == 1
        assert people_notify(notices=[about(first)], source_id=uuid7(), now=NOW) == 1, "without a mail"
        told = [message.payload["user_id"] for message in OutboxMessage.objects.filter(topic="mail")]
        assert sorted(told) == sorted([str(first.pk), str(second.pk)])
        assert Notice.objects.count() == 3

    def test_makes_no_notice_without_its_mail(self) -> None:
        (user,) = people(1)
        unwritable = about(user, template="event_postponed", context={"no": object()})
        with pytest.raises(TypeError), transaction.atomic():
            people_notify(notices=[unwritable], source_id=SOURCE, now=NOW)
        assert not Notice.objects.exists()


@pytest.mark.django_db
class TestRead:
    def test_keeps_the_first_time(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        notice = NoticeFactory()
        with django_assert_num_queries(2 + 2):  # and a savepoint
            assert notice_read(user_id=notice.user_id, notice_id=notice.id, now=NOW).read_at == NOW
        later = NOW + SECOND
        assert notice_read(user_id=notice.user_id, notice_id=notice.id, now=later).read_at == NOW

    def test_is_for_the_one_it_is_for(self) -> None:
        notice, other = NoticeFactory(), NoticeFactory()
        with pytest.raises(NoticeNotFound):
            notice_read(user_id=other.user_id, notice_id=notice.id, now=NOW)
        assert Notice.objects.filter(read_at__isnull=True).count() == 2

    def test_of_all_leaves_others_and_the_read_ones_alone(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        unread = NoticeFactory()
        read, foreign = NoticeFactory(user=unread.user, read_at=NOW), NoticeFactory()
        with django_assert_num_queries(1):
            assert notices_read_all(user_id=unread.user_id, now=NOW + SECOND) == 1
        times = dict(Notice.objects.values_list("id", "read_at"))
        assert times == {unread.id: NOW + SECOND, read.id: NOW, foreign.id: None}


@pytest.mark.django_db
class TestPurge:
    def test_deletes_what_is_half_a_year_old(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """In batches, read or not."""
        monkeypatch.setattr("apps.notifications.services.notices.PURGE_BATCH", 2)
        old = NOW - RETENTION
        NoticeFactory.create_batch(3, created_at=old)
        NoticeFactory.create_batch(2, created_at=old - SECOND, read_at=NOW)
        kept = NoticeFactory(created_at=old + SECOND)
        assert notices_purge(now=NOW) == 5
        assert list(Notice.objects.all()) == [kept]
        assert notices_purge(now=NOW) == 0

    def test_runs_on_a_timer(self, settings: Settings) -> None:
        """The task that the schedule names is there, and deletes by the clock of the day."""
        NoticeFactory()  # of 2040
        assert purge_notices() == 0
        assert purge_notices.name in {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
