"""Notices to holders: put once, read by the API, and purged."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from apps.common.ids import uuid7
from apps.common.testing.clients import api_of
from apps.common.testing.guards import without_guards
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
    def test_notifies_each_user_once_per_source(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """S3-53: a handler that is called twice notifies nobody twice; one INSERT for any number."""
        users = people(5)
        notices = [about(user) for user in users]
        with django_assert_num_queries(1):
            assert notices_put_many(notices=notices[:3], source_id=SOURCE, now=NOW) == {user.pk for user in users[:3]}
        with django_assert_num_queries(1):
            assert notices_put_many(notices=notices, source_id=SOURCE, now=NOW) == {user.pk for user in users[3:]}
        assert notices_put_many(notices=notices, source_id=SOURCE, now=NOW) == set()
        assert Notice.objects.count() == 5
        assert notices_put_many(notices=notices, source_id=uuid7(), now=NOW) == {user.pk for user in users}

    def test_keeps_what_it_says(self) -> None:
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
def test_put_refuses_to_run_outside_a_transaction() -> None:
    """Between a notice that is there and a mail that is not put yet, a crash would lose the mail for ever."""
    (user,) = people(1)
    with pytest.raises(TransactionManagementError):
        notices_put_many(notices=[about(user)], source_id=SOURCE, now=NOW)
    assert not Notice.objects.exists()


@pytest.mark.django_db
class TestPeopleNotify:
    def test_mails_those_whom_it_notifies(self) -> None:
        """S3-53: twice the same message, one notice and one mail."""
        first, second = people(2)
        notices = [about(user, template="event_postponed") for user in (first, second)]
        assert people_notify(notices=notices[:1], source_id=SOURCE, now=NOW) == 1
        assert people_notify(notices=notices, source_id=SOURCE, now=NOW) == 1
        assert people_notify(notices=[about(first)], source_id=uuid7(), now=NOW) == 1, "without a mail"
        mailed = [message.payload["user_id"] for message in OutboxMessage.objects.filter(topic="mail")]
        assert sorted(mailed) == sorted([str(first.pk), str(second.pk)])
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


URL = "/api/v1/notifications/"


@pytest.fixture
def pat() -> AbstractBaseUser:
    return get_user_model().objects.create_user("pat@example.com")


@pytest.fixture
def api(pat: AbstractBaseUser) -> APIClient:
    """The client of Pat."""
    return api_of(pat)


def ids(api: APIClient, **query: Any) -> list[str]:
    answer = api.get(URL, query)
    assert answer.status_code == 200, answer.data
    return [row["id"] for row in answer.json()["results"]]


@pytest.mark.django_db
class TestList:
    def test_shows_own_ones_newest_first(self, api: APIClient, pat: AbstractBaseUser) -> None:
        """S3-49, S3-53."""
        old = NoticeFactory(user=pat, read_at=NOW)
        new = NoticeFactory(user=pat, kind=NoticeKind.SALES, title="Sold", text="One\nTwo", object_ids=[])
        NoticeFactory()
        answer = api.get(URL)
        assert answer.json() == {
            "next": None,
            "previous": None,
            "results": [
                {
                    "id": str(new.id),
                    "kind": "sales",
                    "title": "Sold",
                    "text": "One\nTwo",
                    "object_ids": [],
                    "created_at": "2040-01-01T12:00:00Z",
                    "read_at": None,
                },
                {
                    "id": str(old.id),
                    "kind": "listings",
                    "title": old.title,
                    "text": old.text,
                    "object_ids": old.object_ids,
                    "created_at": "2040-01-01T12:00:00Z",
                    "read_at": "2040-01-01T12:00:00Z",
                },
            ],
        }
        assert "private" in answer.headers["Cache-Control"]

    def test_filters(self, api: APIClient, pat: AbstractBaseUser) -> None:
        read, unread = NoticeFactory(user=pat, read_at=NOW), NoticeFactory(user=pat, kind=NoticeKind.EVENTS)
        assert ids(api, read="true") == [str(read.id)]
        assert ids(api, read="false") == [str(unread.id)]
        assert ids(api, kind="events") == [str(unread.id)]
        assert ids(api, kind="events", read="true") == []

    @pytest.mark.parametrize(("name", "value"), [("kind", "gossip"), ("cursor", "x")])
    def test_refuses_what_means_nothing(self, api: APIClient, name: str, value: str) -> None:
        answer = api.get(URL, {name: value})
        assert answer.status_code == (400 if name == "kind" else 404)
        assert answer.json()["errors"][0]["attr"] == ("kind" if name == "kind" else None)

    def test_comes_in_pages_of_one_query(
        self, api: APIClient, pat: AbstractBaseUser, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        notices = NoticeFactory.create_batch(45, user=pat)
        seen: list[str] = []
        address: str | None = URL
        while address:
            with django_assert_num_queries(1):
                answer = api.get(address).json()
            seen += [row["id"] for row in answer["results"]]
            address = answer["next"]
        assert seen == [str(notice.id) for notice in reversed(notices)]

    def test_shows_staff_their_own_only(self) -> None:
        """The admin shows the notices of holders."""
        chief = get_user_model().objects.create_superuser("chief@example.com")
        own = NoticeFactory(user=chief)
        NoticeFactory()
        assert ids(api_of(chief)) == [str(own.id)]


@pytest.mark.django_db
class TestCounts:
    def test_are_of_own_ones(
        self, api: APIClient, pat: AbstractBaseUser, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """S3-49."""
        assert api.get(f"{URL}counts/").json() == {"unread": 0, "read": 0}
        NoticeFactory.create_batch(2, user=pat)
        NoticeFactory(user=pat, read_at=NOW)
        NoticeFactory()
        with django_assert_num_queries(1):
            assert api.get(f"{URL}counts/").json() == {"unread": 2, "read": 1}


@pytest.mark.django_db
class TestApiRead:
    def test_keeps_the_first_time(
        self, api: APIClient, pat: AbstractBaseUser, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """S3-49: reading twice is fine."""
        notice, other = NoticeFactory(user=pat), NoticeFactory(user=pat)
        with django_assert_num_queries(2 + 2):  # and a savepoint
            first = api.post(f"{URL}{notice.id}/read/")
        assert (first.status_code, first.json()["id"]) == (200, str(notice.id))
        assert first.json()["read_at"] is not None
        assert api.post(f"{URL}{notice.id}/read/").json() == first.json()
        assert Notice.objects.get(read_at__isnull=True) == other

    @pytest.mark.parametrize("whose", ["another's", "nobody's", "no id"])
    def test_of_others_is_not_there(self, api: APIClient, whose: str) -> None:
        """Somebody else's notice gets the same answer as one that does not exist."""
        place = {"another's": NoticeFactory().id, "nobody's": uuid7(), "no id": "first"}[whose]
        answer = api.post(f"{URL}{place}/read/")
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "notice_not_found")
        assert Notice.objects.get().read_at is None

    def test_of_all_answers_how_many(
        self, api: APIClient, pat: AbstractBaseUser, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """S3-49."""
        NoticeFactory.create_batch(3, user=pat)
        earlier = NoticeFactory(user=pat, read_at=NOW - timedelta(days=1))
        foreign = NoticeFactory()
        with django_assert_num_queries(1):
            assert api.post(f"{URL}read/").json() == {"marked": 3}
        assert api.post(f"{URL}read/").json() == {"marked": 0}
        assert Notice.objects.get(id=earlier.id).read_at == earlier.read_at
        assert Notice.objects.get(id=foreign.id).read_at is None


WORKERS = 6


def tell_at_once() -> list[int]:
    """Notify one user from one source in several connections at once; return how many users each has notified."""
    user = get_user_model().objects.create_user("pat@example.com")
    source, barrier, notified = uuid7(), threading.Barrier(WORKERS), list[int]()

    def run() -> None:
        try:
            notice = NewNotice(
                user_id=user.pk, kind=NoticeKind.SALES, words=NoticeWords("Sold", ""), object_ids=[],
                template="sale_recorded",
            )  # fmt: skip
            connection.ensure_connection()
            barrier.wait(20)
            notified.append(people_notify(notices=[notice], source_id=source, now=NOW))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(notified)


@pytest.fixture
def no_constraint() -> Iterator[None]:
    with without_guards("notifications_notice", "notice_once_for_user"):
        yield


@pytest.mark.django_db(transaction=True)
class TestOneMessageToTwoWorkers:
    def test_notifies_once(self) -> None:
        """S3-53, S4-12: one of them makes the notice and puts the mail, the others find it made."""
        assert tell_at_once() == [0] * (WORKERS - 1) + [1]
        assert Notice.objects.count() == 1
        assert OutboxMessage.objects.filter(topic="mail").count() == 1

    def test_would_notify_each_time_without_the_constraint(self, no_constraint: None) -> None:
        """Twin: nothing but the constraint stands between two workers."""
        assert tell_at_once() == [1] * WORKERS
        assert OutboxMessage.objects.filter(topic="mail").count() == WORKERS
