"""Notices over the API: everybody reads and marks their own, and nobody else's."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind
from apps.notifications.models import Notice
from apps.notifications.testing.factories import NOW, NoticeFactory

pytestmark = pytest.mark.django_db
URL = "/api/v1/notifications/"


@pytest.fixture
def pat() -> AbstractBaseUser:
    return get_user_model().objects.create_user("pat@example.com")


def client_of(user: AbstractBaseUser) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def api(pat: AbstractBaseUser) -> APIClient:
    """The client of Pat."""
    return client_of(pat)


def ids(api: APIClient, **query: Any) -> list[str]:
    answer = api.get(URL, query)
    assert answer.status_code == 200, answer.data
    return [row["id"] for row in answer.json()["results"]]


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
        """What holders were told stands in the admin."""
        chief = get_user_model().objects.create_superuser("chief@example.com")
        own = NoticeFactory(user=chief)
        NoticeFactory()
        assert ids(client_of(chief)) == [str(own.id)]


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


class TestRead:
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
        """A foreign notice is not told apart from one that does not exist."""
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
