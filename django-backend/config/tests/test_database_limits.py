"""Requests that the database keeps waiting: 503, nothing written, and the same request may be sent again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.backends.base import UpdateError
from django.db import DataError, connection, transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from apps.catalog.locks import SKYBOX_IMPORT_KEY
from apps.catalog.models import Event
from apps.catalog.services.skybox_upload import event_import_preview
from apps.catalog.testing.factories import LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.database_limits import DatabaseLimitsMiddleware
from apps.common.models import IdempotencyRecord
from apps.common.testing.clients import api_of
from apps.common.testing.races import PATIENCE_SECONDS, wait_for_waiters
from apps.common.testing.threads import at_once
from apps.listings.models import Listing, ListingEvent
from apps.notifications.models import OutboxMessage
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
LISTINGS = "/api/v1/listings/"
LOGIN = "/api/v1/accounts/app/v1/auth/login"


@pytest.fixture(autouse=True)
def _short(settings: Settings) -> None:
    settings.WEB_LOCK_TIMEOUT_SECONDS = 0.3


@contextmanager
def locked(sql: str, *parameters: object) -> Iterator[None]:
    """Let another transaction hold what a statement locks."""
    holds, release = threading.Event(), threading.Event()

    def hold() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                holds.set()
                assert release.wait(PATIENCE_SECONDS)
        finally:
            connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    try:
        assert holds.wait(PATIENCE_SECONDS)
        yield
    finally:
        release.set()
        thread.join(PATIENCE_SECONDS)


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        value: str = cursor.fetchone()[0]
        return value


def both_shown() -> tuple[str, str]:
    return shown("lock_timeout"), shown("statement_timeout")


def ask(view: Callable[[HttpRequest], Any], path: str = "/") -> Any:
    """Answer a request by a view behind the middleware, as Django calls the two."""
    request = RequestFactory().get(path)
    middleware: DatabaseLimitsMiddleware

    def respond(request: HttpRequest) -> HttpResponse:
        try:
            return view(request)
        except Exception as error:
            if answer := middleware.process_exception(request, error):
                return answer
            raise

    middleware = DatabaseLimitsMiddleware(respond)
    return middleware(request)


class TestLimits:
    """Which limits the statements of a request have."""

    def test_hold_inside_and_outside_of_transactions_and_for_no_other_statement(self, settings: Settings) -> None:
        """The connection stays open: whoever has it next, by keep-alive or through PgBouncer, starts without limits."""
        settings.WEB_LOCK_TIMEOUT_SECONDS, settings.WEB_STATEMENT_TIMEOUT_SECONDS = 4, 21
        seen = []

        def view(_: HttpRequest) -> HttpResponse:
            seen.append(both_shown())
            with transaction.atomic():
                with transaction.atomic():
                    seen.append(both_shown())
                seen.append(both_shown())
            seen.append(both_shown())
            return HttpResponse()

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            server = cursor.fetchone()
        ask(view)
        assert seen == [("4s", "21s")] * 4
        assert both_shown() == ("0", "0")
        with transaction.atomic():
            assert both_shown() == ("0", "0")
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            assert cursor.fetchone() == server

    def test_survive_a_savepoint_that_is_rolled_back(self) -> None:
        def view(_: HttpRequest) -> HttpResponse:
            with transaction.atomic():
                sid = transaction.savepoint()
                transaction.savepoint_rollback(sid)
                return HttpResponse(shown("lock_timeout"))

        assert ask(view).content == b"300ms"

    def test_hold_for_a_streamed_answer_to_its_end(self) -> None:
        answer = ask(lambda _: StreamingHttpResponse(shown("lock_timeout") for _ in range(2)))
        assert list(answer) == [b"300ms", b"300ms"]
        assert shown("lock_timeout") == "0"

    def test_cost_no_query(self, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(1):
            ask(lambda _: HttpResponse(Event.objects.count()))

    def test_may_be_none(self, settings: Settings) -> None:
        settings.WEB_LOCK_TIMEOUT_SECONDS = settings.WEB_STATEMENT_TIMEOUT_SECONDS = 0
        assert ask(lambda _: HttpResponse("/".join(both_shown()))).content == b"0/0"


def wait_for_a_row(_: HttpRequest) -> HttpResponse:
    with transaction.atomic():
        User.objects.select_for_update().get()
    return HttpResponse()


def wait_without_a_transaction(_: HttpRequest) -> HttpResponse:
    return HttpResponse(User.objects.update(first_name="Ann"))


def sleep(_: HttpRequest) -> HttpResponse:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [PATIENCE_SECONDS])
    return HttpResponse()


class TestBusy:
    """What others cause is answered with 503, whatever PostgreSQL calls it."""

    @pytest.mark.parametrize("view", [wait_for_a_row, wait_without_a_transaction])
    def test_is_a_lock_that_is_not_given(self, view: Callable[[HttpRequest], HttpResponse]) -> None:
        user = UserFactory()
        with locked("SELECT id FROM users_user FOR UPDATE"):
            answer = ask(view)
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert User.objects.get().first_name == user.first_name

    def test_is_a_statement_that_takes_too_long(self, settings: Settings) -> None:
        settings.WEB_STATEMENT_TIMEOUT_SECONDS = 0.3
        assert ask(sleep).status_code == 503

    def test_is_a_deadlock(self, settings: Settings) -> None:
        settings.WEB_LOCK_TIMEOUT_SECONDS = 0
        UserFactory.create_batch(2)
        first, second = User.objects.order_by("id").values_list("id", flat=True)
        both_have_one = threading.Barrier(2)

        def cross(one: object, other: object) -> Callable[[HttpRequest], HttpResponse]:
            def view(_: HttpRequest) -> HttpResponse:
                with transaction.atomic():
                    User.objects.select_for_update().get(id=one)
                    both_have_one.wait(PATIENCE_SECONDS)
                    User.objects.select_for_update().get(id=other)
                return HttpResponse()

            return view

        answers = at_once(lambda: ask(cross(first, second)), lambda: ask(cross(second, first)))
        assert sorted(answer.status_code for answer in answers) == [200, 503]

    def test_is_a_serialization_failure(self) -> None:
        UserFactory()

        def view(_: HttpRequest) -> HttpResponse:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                User.objects.get()
                at_once(lambda: User.objects.update(last_name="Other"))
                return HttpResponse(User.objects.update(last_name="Mine"))

        assert ask(view).status_code == 503
        assert User.objects.get().last_name == "Other"

    def test_is_no_other_failure(self) -> None:
        def view(_: HttpRequest) -> HttpResponse:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 / 0")
            return HttpResponse()

        with pytest.raises(DataError):
            ask(view)

    def test_is_reported_in_the_form_of_the_api_for_its_clients(self, settings: Settings) -> None:
        settings.WEB_STATEMENT_TIMEOUT_SECONDS = 0.3
        answer, page = ask(sleep, "/api/v1/accounts/app/v1/auth/login"), ask(sleep, "/accounts/login/")
        assert answer.headers["Content-Type"] == "application/json"
        assert b'"code": "busy"' in answer.content
        assert page.headers["Content-Type"].startswith("text/html")
        assert b"Nothing was saved" in page.content
        assert answer["Retry-After"] == page["Retry-After"] == "1"


class TestAway:
    """The server is restarted, or cannot be reached: 503 too, in the form that the client reads."""

    @pytest.mark.parametrize("sql", ["", "SELECT pg_terminate_backend(pg_backend_pid())"])
    def test_is_answered_with_503(self, sql: str) -> None:
        other = connection.copy()
        if not sql:
            other.settings_dict |= {"HOST": "127.0.0.1", "PORT": "1"}

        def view(_: HttpRequest) -> HttpResponse:
            with other.cursor() as cursor:
                cursor.execute(sql)
            return HttpResponse()

        answer, page = ask(view, "/api/v1/accounts/app/v1/auth/login"), ask(view, "/accounts/login/")
        assert (answer.status_code, page.status_code) == (503, 503)
        assert answer["Retry-After"] == page["Retry-After"] == "5"
        assert b'"code": "unavailable"' in answer.content
        assert b"not available" in page.content
        assert b"Others are changing" not in page.content


class TestSessions:
    """Django saves them behind the views, and takes any failure for a session that is gone."""

    def test_that_cannot_be_saved_after_the_view_are_503(self) -> None:
        client, user = Client(raise_request_exception=False), UserFactory()
        client.force_login(user)
        with locked("SELECT session_key FROM django_session FOR UPDATE"):
            answer = client.post("/accounts/reauthenticate/", {"password": PASSWORD})
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302

    def test_that_cannot_be_begun_are_503(self) -> None:
        user = UserFactory()
        api = APIClient(raise_request_exception=False)
        with locked("LOCK TABLE django_session IN SHARE MODE"):
            answer = api.post(LOGIN, {"email": user.email, "password": PASSWORD})
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert api.post(LOGIN, {"email": user.email, "password": PASSWORD}).status_code == 200

    def test_that_are_gone_are_not_made_again(self) -> None:
        client, user = Client(raise_request_exception=False), UserFactory()
        client.force_login(user)
        session = client.session
        session.delete()
        with pytest.raises(UpdateError):
            session.save()


@pytest.fixture
def block() -> SeasonTicket:
    return SeasonTicketFactory()


@pytest.fixture
def api(block: SeasonTicket) -> APIClient:
    return api_of(block.holder.user)


def post(api: APIClient, block: SeasonTicket, event: Event, key: str) -> Any:
    body = {"season_ticket": str(block.id), "event": str(event.id), "seats": ["1"], "price": "100.00"}
    return api.post(LISTINGS, body, headers={"Idempotency-Key": key})


class TestApi:
    """A holder's request beside a transaction that does not end."""

    @pytest.mark.parametrize("table", ["listings_seasonticket", "catalog_event"])
    def test_answers_503_writes_nothing_and_takes_the_same_key_again(
        self, api: APIClient, block: SeasonTicket, table: str
    ) -> None:
        event = home_game(block)
        with locked(f"SELECT id FROM {table} FOR UPDATE"):
            refused = post(api, block, event, "k")
        assert (refused.status_code, refused["Retry-After"]) == (503, "1")
        assert refused.json() == {
            "type": "server_error",
            "errors": [
                {
                    "code": "busy",
                    "detail": "Others are changing the same data. Nothing was written; send the request again.",
                    "attr": None,
                }
            ],
        }
        for model in (Listing, ListingEvent, OutboxMessage, IdempotencyRecord):
            assert not model.objects.exists()
        made = post(api, block, event, "k")
        assert (made.status_code, Listing.objects.count()) == (201, 1)
        assert "Idempotency-Replayed" not in made.headers
        assert post(api, block, event, "k").headers["Idempotency-Replayed"] == "true"

    def test_would_wait_as_long_as_the_other_without_the_limit(
        self, api: APIClient, block: SeasonTicket, settings: Settings
    ) -> None:
        """Twin: the request still waits when the other ends, and only then goes on."""
        settings.WEB_LOCK_TIMEOUT_SECONDS = 0
        event = home_game(block)
        answers: list[object] = []
        with locked("SELECT id FROM listings_seasonticket FOR UPDATE"):
            thread = threading.Thread(target=lambda: answers.extend(at_once(lambda: post(api, block, event, "k"))))
            thread.start()
            wait_for_waiters(1)
            assert not answers
        thread.join(PATIENCE_SECONDS)
        assert [answer.status_code for answer in answers] == [201]

    def test_is_no_error_of_ours(self, api: APIClient, block: SeasonTicket, caplog: pytest.LogCaptureFixture) -> None:
        """A busy database is a warning in the log, and wakes nobody who watches errors."""
        event = home_game(block)
        with locked("SELECT id FROM listings_seasonticket FOR UPDATE"):
            post(api, block, event, "k")
        assert [record.levelname for record in caplog.records if "busy" in record.message] == ["WARNING"]
        assert not [record for record in caplog.records if record.levelname == "ERROR"]


class TestPages:
    def test_of_the_admin_say_that_nothing_was_saved(self, client: Client, block: SeasonTicket) -> None:
        staff = UserFactory(is_staff=True)
        staff.user_permissions.set(Permission.objects.filter(codename__endswith="_event"))
        client.force_login(staff)
        event = home_game(block)
        page = reverse("admin:catalog_event_delete", args=[event.id])
        with locked("SELECT id FROM catalog_event FOR UPDATE"):
            answer = client.post(page, {"post": "yes"})
        assert (answer.status_code, answer["Retry-After"]) == (503, "1")
        assert "Nothing was saved" in answer.content.decode()
        assert Event.objects.filter(id=event.id).exists()

    def test_of_an_import_say_that_a_part_may_be_there(self, client: Client) -> None:
        """Each chunk is committed by itself, so "nothing was saved" could be false."""
        staff = UserFactory(superuser=True)
        upload = event_import_preview(
            uploaded_by=staff,
            file=skybox_export(skybox_row()),
            file_name="events.json",
            league=LeagueFactory(code="NFL"),
            season_name="2025",
            create_teams=True,
            replacements="",
            now=timezone.now(),
        )
        client.force_login(staff)
        with locked("SELECT pg_advisory_xact_lock(%s)", SKYBOX_IMPORT_KEY):
            answer = client.post(reverse("admin:catalog_event_skybox_confirm", args=[upload.pk]), follow=True)
        assert "what was imported so far stays as it is" in answer.content.decode()
