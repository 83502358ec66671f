"""Idempotency-Key: one effect per key, whatever happens on the way."""

import threading
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.test import APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.common import idempotency
from apps.common.errors import DomainError
from apps.common.idempotency import RETENTION, by_user, idempotent, purge_expired
from apps.common.ids import uuid7
from apps.common.models import IdempotencyRecord
from apps.common.tasks import purge_idempotency_records


class Caller:
    """Stands for a signed-in user: the store only reads the key."""

    is_authenticated = True
    is_active = True

    def __init__(self) -> None:
        self.pk: UUID = uuid7()


class Refused(DomainError):
    code = "refused"


class CountingView(APIView):
    """Counts its work in the database, so that a rollback shows."""

    entered = threading.Event()
    leave = threading.Event()
    calls = 0

    @idempotent(scope=by_user)
    def post(self, request: Request) -> Response:
        type(self).calls += 1
        if request.data.get("refuse"):
            raise Refused("No.")
        if request.data.get("wait") and type(self).calls == 1:
            self.entered.set()
            assert self.leave.wait(120)
        return Response({"id": uuid7(), "echo": request.data}, status=201)

    put = post


class BasketView(APIView):
    """Open to visitors; their requests belong to the basket that they name."""

    permission_classes = ()
    baskets: ClassVar[list[str]] = []

    @idempotent(scope=lambda request: request.headers.get("Basket", ""))
    def post(self, request: Request) -> Response:
        self.baskets.append(request.headers["Basket"])
        return Response({"basket": request.headers["Basket"]}, status=201)


@pytest.fixture(autouse=True)
def _fresh_view() -> None:
    CountingView.calls = 0
    CountingView.entered.clear()
    CountingView.leave.clear()
    BasketView.baskets.clear()


def post(
    caller: Caller | None, body: dict[str, Any], key: str | None = None, path: str = "/things/", method: str = "post"
) -> Response:
    headers = {"Idempotency-Key": key} if key is not None else {}
    request = getattr(APIRequestFactory(), method)(path, body, format="json", headers=headers)
    force_authenticate(request, user=caller)
    response = CountingView.as_view()(request)
    response.render()
    return response


@pytest.mark.django_db
class TestIdempotent:
    def test_gives_the_stored_answer_to_the_same_request(self) -> None:
        caller = Caller()
        first, second = post(caller, {"a": 1}, "k"), post(caller, {"a": 1}, "k")
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.content == second.content
        assert second.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first.headers
        assert CountingView.calls == 1

    def test_takes_the_order_of_keys_as_the_same_body(self) -> None:
        caller = Caller()
        post(caller, {"a": 1, "b": 2}, "k")
        assert post(caller, {"b": 2, "a": 1}, "k").status_code == 201
        assert CountingView.calls == 1

    @pytest.mark.parametrize(
        ("body", "path", "method"),
        [
            ({"a": 2}, "/things/?b=1&b=2&c=3", "post"),
            ({"a": 1}, "/others/?b=1&b=2&c=3", "post"),
            ({"a": 1}, "/things/?b=1&b=2&c=3", "put"),
            ({"a": 1}, "/things/", "post"),
            ({"a": 1}, "/things/?b=1&b=2", "post"),
            ({"a": 1}, "/things/?b=1&b=2&c=4", "post"),
            ({"a": 1}, "/things/?b=2&b=1&c=3", "post"),
            ({"a": 1}, "/things/?b=1&c=2&c=3", "post"),
        ],
        ids=["body", "path", "method", "no query", "less query", "value", "order of values", "name"],
    )
    def test_refuses_the_key_for_another_request(self, body: dict[str, int], path: str, method: str) -> None:
        caller = Caller()
        post(caller, {"a": 1}, "k", "/things/?b=1&b=2&c=3")
        response = post(caller, body, "k", path, method)
        assert response.status_code == 422
        assert response.data["errors"][0] == {
            "code": "idempotency_key_reused",
            "detail": "This Idempotency-Key was used with another request.",
            "attr": "Idempotency-Key",
        }
        assert CountingView.calls == 1

    def test_takes_the_order_of_parameters_as_the_same_request(self) -> None:
        caller = Caller()
        post(caller, {}, "k", "/things/?b=1&c=2")
        assert post(caller, {}, "k", "/things/?c=2&b=1").status_code == 201
        assert CountingView.calls == 1

    def test_keeps_the_keys_of_two_users_apart(self) -> None:
        post(Caller(), {"a": 1}, "k")
        assert post(Caller(), {"a": 2}, "k").status_code == 201

    def test_works_again_without_a_key(self) -> None:
        caller = Caller()
        assert post(caller, {}).data["id"] != post(caller, {}).data["id"]

    def test_stores_no_refusal(self) -> None:
        caller = Caller()
        assert post(caller, {"refuse": True}, "k").status_code == 409
        assert not IdempotencyRecord.objects.exists()
        assert post(caller, {"a": 1}, "k").status_code == 201

    @pytest.mark.parametrize("key", ["", "x" * 256, "schlüssel", "tab\t"])
    def test_refuses_a_malformed_key(self, key: str) -> None:
        response = post(Caller(), {}, key)
        assert response.status_code == 400
        assert response.data["errors"][0]["code"] == "idempotency_key_invalid"
        assert CountingView.calls == 0

    def test_forgets_after_the_retention(self) -> None:
        caller = Caller()
        post(caller, {"a": 1}, "k")
        IdempotencyRecord.objects.update(stored_at=timezone.now() - RETENTION)
        assert post(caller, {"a": 2}, "k").status_code == 201
        assert IdempotencyRecord.objects.count() == 1


def fill(basket: str, key: str | None = "k") -> Response:
    headers = {"Basket": basket} if basket else {}
    headers |= {"Idempotency-Key": key} if key else {}
    response = BasketView.as_view()(APIRequestFactory().post("/basket/", {}, format="json", headers=headers))
    response.render()
    return response


@pytest.mark.django_db
class TestScope:
    def test_is_what_the_view_says(self) -> None:
        """Two visitors without an account use one key; each gets an answer of their own, and the same one again."""
        answers = [fill(basket).data["basket"] for basket in ("ann", "bob", "ann", "bob")]
        assert answers == ["ann", "bob", "ann", "bob"]
        assert BasketView.baskets == ["ann", "bob"]
        assert sorted(IdempotencyRecord.objects.values_list("scope", flat=True)) == ["ann", "bob"]

    @pytest.mark.parametrize("key", ["k", None], ids=["with a key", "without"])
    def test_is_never_missing_for_those_who_are_let_in(
        self, key: str | None, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Visitors would share answers, so this is a bug of the view, found by any request to it."""
        settings.DEBUG = True  # the handler of errors lets bugs through
        monkeypatch.setattr(CountingView, "permission_classes", ())
        with pytest.raises(ImproperlyConfigured, match="not signed in"):
            post(None, {}, key)
        with pytest.raises(ImproperlyConfigured, match="no scope"):
            fill("", key)
        assert CountingView.calls == len(BasketView.baskets) == IdempotencyRecord.objects.count() == 0

    def test_has_no_default(self) -> None:
        with pytest.raises(TypeError, match="scope"):
            idempotent()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            idempotent(CountingView.post)  # type: ignore[misc, call-arg]


@pytest.mark.django_db
class TestPurgeExpired:
    def test_removes_what_is_over_and_nothing_else(self) -> None:
        caller, now = Caller(), timezone.now()
        post(caller, {}, "old")
        post(caller, {}, "new")
        IdempotencyRecord.objects.filter(key="old").update(stored_at=now - RETENTION)
        IdempotencyRecord.objects.filter(key="new").update(stored_at=now - RETENTION + timedelta(seconds=1))
        assert purge_expired(now=now) == 1
        assert IdempotencyRecord.objects.get().key == "new"

    def test_is_what_the_timer_runs(self) -> None:
        post(Caller(), {}, "old")
        IdempotencyRecord.objects.update(stored_at=timezone.now() - RETENTION)
        assert purge_idempotency_records() == 1


@pytest.mark.django_db(transaction=True)
class TestIdempotentAtTheSameTime:
    def first_request(self, caller: Caller) -> threading.Thread:
        def run() -> None:
            try:
                post(caller, {"wait": True}, "k")
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        assert CountingView.entered.wait(120)
        return thread

    def test_answers_409_while_the_first_runs_and_the_stored_answer_after(self) -> None:
        caller = Caller()
        thread = self.first_request(caller)
        during = post(caller, {"wait": True}, "k")
        CountingView.leave.set()
        thread.join()
        assert during.status_code == 409
        assert during.data["errors"][0]["code"] == "idempotency_key_in_use"
        assert during.headers["Retry-After"] == "1"
        assert post(caller, {"wait": True}, "k").status_code == 201
        assert CountingView.calls == 1

    def test_would_work_twice_without_the_claim(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: without the lock both requests find no stored answer and both do the work."""
        monkeypatch.setattr(idempotency, "_claim", lambda scope, key, waits: None)
        caller = Caller()
        thread = self.first_request(caller)
        second = post(caller, {"wait": True}, "k")
        CountingView.leave.set()
        thread.join()
        assert second.status_code == 201
        assert CountingView.calls == 2
