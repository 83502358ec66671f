"""The API under requests that nobody meant to send: made up from its own description, and malformed on purpose."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final, NamedTuple

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.catalog.models import Event
from apps.listings.models import Listing, SeasonTicket
from apps.listings.tests.factories import SeasonTicketFactory, home_game
from apps.notifications.models import Notice
from apps.notifications.tests.factories import NoticeFactory
from apps.orders.models import Marketplace, Sale
from apps.orders.tests.sale_rows import on_sale, record
from apps.payouts.models import Statement
from apps.payouts.tests.statement_rows import statement_of
from apps.users.tests.clients import AppClient
from apps.users.tests.factories import PASSWORD, UserFactory

# allauth describes and tests its own endpoints; its description is looser than its answers, and its rate limits would
# end a run. Bad input at sign-up and login has tests of its own. So has the generator of identities, which asks for a
# token before it reads anything.
OURS: Final = r"^/api/v1/(?!accounts/|email-domains/)"
STAFF: Final = "/api/v1/staff/"
# Two checks are left out on purpose. Positive data may be refused: which seats may be listed is no matter of shape.
# Negative data may be taken: numbers are taken where text is due.
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Made-up seats are never those of the block, and the listing is pending: 400 and 409 are all that these can answer.
MAY_ALL_BE_REFUSED: Final = {
    "POST /api/v1/listings/",
    "POST /api/v1/listings/csv/",  # made-up bytes are no CSV
    "PATCH /api/v1/listings/{id}/",  # made-up terms seldom go together
    "POST /api/v1/listings/{id}/relist/",
    "POST /api/v1/listings/{id}/request-delisting/",
    "POST /api/v1/season-tickets/",  # made-up numbering and seats seldom go together
    "POST /api/v1/season-tickets/{id}/listings/",
    "POST /api/v1/season-tickets/{id}/withhold/",
    "POST /api/v1/season-tickets/{id}/release/",
    "POST /api/v1/staff/events/{id}/reschedule/",  # made-up dates are seldom of this century
    "POST /api/v1/staff/sales/",  # made-up marketplaces
    "POST /api/v1/staff/listings/{id}/approve-delisting/",
    "POST /api/v1/staff/listings/{id}/decline-delisting/",
}
SETTINGS: Final = settings(max_examples=8, derandomize=True, database=None, suppress_health_check=list(HealthCheck))

# Without this any text would be made up where the description says `format: decimal`.
schemathesis.openapi.format("decimal", st.integers(1, 10_000_000_000).map(lambda cents: f"{cents / 100:.2f}"))

WRITING: Final = (
    ("POST", "/api/v1/contact-us/"),
    ("PATCH", "/api/v1/me/"),
    ("PATCH", "/api/v1/notifications/preferences/"),
    ("POST", "/api/v1/season-tickets/"),
    ("POST", "/api/v1/season-tickets/{id}/listings/"),
    ("POST", "/api/v1/season-tickets/{id}/withhold/"),
    ("POST", "/api/v1/season-tickets/{id}/release/"),
    ("POST", "/api/v1/listings/"),
    ("POST", "/api/v1/listings/reprice/"),
    ("PATCH", "/api/v1/listings/{id}/"),
    ("POST", "/api/v1/listings/{id}/withdraw/"),
    ("POST", "/api/v1/listings/{id}/request-delisting/"),
    ("POST", "/api/v1/listings/{id}/relist/"),
    ("POST", "/api/v1/staff/listings/bulk/"),
    ("POST", "/api/v1/staff/listings/{id}/approve/"),
    ("POST", "/api/v1/staff/listings/{id}/decline/"),
    ("POST", "/api/v1/staff/listings/{id}/approve-delisting/"),
    ("POST", "/api/v1/staff/listings/{id}/decline-delisting/"),
    ("POST", "/api/v1/staff/listings/{id}/commission-rate/"),
    ("POST", "/api/v1/staff/season-tickets/{id}/reject/"),
    ("POST", "/api/v1/staff/season-tickets/{id}/end/"),
    ("POST", "/api/v1/staff/events/{id}/postpone/"),
    ("POST", "/api/v1/staff/events/{id}/reschedule/"),
    ("POST", "/api/v1/staff/events/{id}/cancel/"),
    ("POST", "/api/v1/staff/sales/"),
    ("POST", "/api/v1/staff/sales/void/"),
    ("POST", "/api/v1/staff/sales/{id}/void/"),
)
LISTS: Final = {"seats", "events", "except", "ids", "price_steps", "custom_quantities", "disclosures", "items"}
# Every field of every operation; each is sent its own ones.
FIELDS: Final = (
    *("first_name", "last_name", "ticket_holder", "team", "season", "section", "row", "first_seat", "last_seat"),
    *("season_ticket", "event", "price", "reason", "move", *sorted(LISTS)),
    *("floor", "floor_basis", "split_rule", "in_hand_date", "delivery_type", "notes", "rate"),
    *("listing", "quantity", "numbering", "marketplace", "invoice_number", "customer_reference", "sold_at"),
    *("return_seats", "note", "starts_at", "venue"),
    *("name", "email", "subject", "message", "website"),
)
DECENT: Final = {200, 201, 400, 409}
JSON: Final = "application/json"
UNKNOWN_ID: Final = "019a0000-0000-7000-8000-000000000000"
MALFORMED: Final = {
    "no JSON": (b"{", JSON, 400, "parse_error"),
    "text behind it": (b"{} x", JSON, 400, "parse_error"),
    "not a number": (b'{"price": NaN}', JSON, 400, "parse_error"),
    "5,000 digits": (b'{"price": %s}' % (b"9" * 5_000), JSON, 400, "parse_error"),
    "invalid UTF-8": (b'{"reason": "\xff\xfe"}', JSON, 400, "parse_error"),
    "10,000 lists": (b"[" * 10_000 + b"]" * 10_000, JSON, 400, "parse_error"),
    "10,000 objects": (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, JSON, 400, "parse_error"),
    "850 levels": (b'{"team": %s%s}' % (b"[" * 850, b"]" * 850), JSON, 400, "parse_error"),
    "a list": (b"[]", JSON, 400, "invalid"),
    "a text": (b'"{}"', JSON, 400, "invalid"),
    "nothing": (b"null", JSON, 400, "null"),
    "plain text": (b"{}", "text/plain", 415, "unsupported_media_type"),
    "a form": (b"reason=x", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
}


class World(NamedTuple):
    """What is in the database, and the tokens of the two people who ask.

    The listing is one of the first block; nothing is listed of the second one, and the third waits for staff.
    """

    season_tickets: list[SeasonTicket]
    event: Event
    listing: Listing
    sale: Sale
    statement: Statement
    notice: Notice
    holder_token: str
    staff_token: str

    def token_for(self, path: str) -> str:
        """Return the token of a person whom the address lets in."""
        return self.staff_token if path.startswith(STAFF) else self.holder_token


@pytest.fixture
def world(db: None) -> World:
    """A holder with three blocks, a game, a listing, a sale, its statement and a notice; a superuser beside them."""
    season_ticket = SeasonTicketFactory()
    event = home_game(season_ticket)
    place = {"holder": season_ticket.holder, "team": season_ticket.team, "season": season_ticket.season}
    others = [SeasonTicketFactory(row="B", **place), SeasonTicketFactory(row="C", status="pending", **place)]
    Marketplace.objects.get_or_create(code="stubhub", defaults={"name": "StubHub"})  # races clear what migrations wrote
    sale = record(on_sale("4", block=season_ticket, event=event), "4")[0]
    statement = statement_of(sale)
    client = AppClient()
    holder_token = client.log_in(season_ticket.holder.user.email, PASSWORD)["access_token"]
    staff_token = AppClient().log_in(UserFactory(superuser=True).email, PASSWORD)["access_token"]
    data = {"season_ticket": str(season_ticket.id), "event": str(event.id), "seats": ["1"], "price": "100.00"}
    answer = client.post("/api/v1/listings/", data, format="json")
    assert answer.status_code == 201, answer.json()
    listing = Listing.objects.get(id=answer.json()["id"])
    notice = NoticeFactory(user=season_ticket.holder.user)
    return World([season_ticket, *others], event, listing, sale, statement, notice, holder_token, staff_token)


@pytest.fixture
def kept_connection() -> Iterator[None]:
    """Keep the test's connection open after each request, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def known_ids(world: World) -> dict[str, list[str]]:
    """Return ids that exist, by the name of the field or of the collection that takes them."""
    season = world.event.season
    rows: dict[str, list[Any]] = {
        "event": [world.event],
        "listing": [world.listing],
        "ticket": list(world.listing.tickets.all()),
        "sale": [world.sale],
        "statement": [world.statement],
        "notification": [world.notice],
        "season_ticket": world.season_tickets,
        "season": [season],
        "team": [world.event.home_team],
        "league": [season.league],
        "venue": [world.event.venue],
    }
    by_name = {name: [str(row.pk) for row in found] for name, found in rows.items()}
    collections = {f"{name.replace('_', '-')}s": pks for name, pks in by_name.items()}
    return by_name | collections | {"ids": [*by_name["listing"], *by_name["sale"]], "except": by_name["event"]}


def description_with(world: World) -> dict[str, Any]:
    """Return our OpenAPI description whose requests name rows that exist: made-up ids would only ever give 404."""
    document = json.loads(json.dumps(SchemaGenerator().get_schema(public=True), default=str))
    ids = known_ids(world)
    for path, item in document["paths"].items():
        collection = next((part for part in reversed(path.split("/{id}")[0].split("/")) if part), "")
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if parameter.get("name") == "id" and collection in ids:
                    parameter["schema"] = {"type": "string", "enum": ids[collection]}
    for name, schema in document["components"]["schemas"].items():
        if not name.endswith("Request"):
            continue
        for field, form in schema.get("properties", {}).items():
            if field in ids and form.get("format") == "uuid":
                form["enum"] = ids[field]
            elif field in ids and form.get("items", {}).get("format") == "uuid":
                form["items"]["enum"] = ids[field]
    return document


class TestMadeUpRequests:
    @pytest.mark.parametrize("mode", list(GenerationMode))
    def test_get_the_answers_that_the_description_promises(
        self, world: World, kept_connection: None, mode: GenerationMode
    ) -> None:
        """No 5xx, no undescribed status code or content type, no answer of another shape; most operations succeed."""
        schema = schemathesis.openapi.from_dict(description_with(world))
        schema.app = WSGIHandler()
        operations = [found.ok() for found in schema.include(path_regex=OURS).get_all_operations()]
        succeeded: set[str] = set()

        def attempt(case: Case) -> None:
            token = world.token_for(case.operation.path)
            with transaction.atomic():  # undone, so that an example does not depend on those before it
                response = case.call(headers={"Authorization": f"Bearer {token}"})
                transaction.set_rollback(True)
            if response.status_code < 300:
                succeeded.add(case.operation.label)
            case.validate_response(response, checks=CHECKS)

        for operation in operations:
            if mode.is_positive or operation.body or any(operation.iter_parameters()):  # else nothing can be wrong
                SETTINGS(given(operation.as_strategy(generation_mode=mode))(attempt))()
        if mode.is_positive:
            assert {operation.label for operation in operations} - succeeded <= MAY_ALL_BE_REFUSED


class TestMalformedRequests:
    def test_are_sent_to_every_operation_that_writes(self) -> None:
        paths = SchemaGenerator().get_schema(public=True)["paths"]
        writing = {
            (method.upper(), path)
            for path, item in paths.items()
            for method, operation in item.items()
            if re.match(OURS, path) and body_forms(operation) == {JSON}
        }
        assert writing == set(WRITING)

    @pytest.mark.parametrize(("body", "content_type", "status", "code"), MALFORMED.values(), ids=MALFORMED.keys())
    def test_are_refused(self, world: World, body: bytes, content_type: str, status: int, code: str) -> None:
        for place, answer in answers_to(world, body, content_type):
            assert answer.status_code == status, (place, answer.content)
            assert answer.json()["errors"][0]["code"] == code, place

    @pytest.mark.parametrize("text", ["\0", "\ud800", "a\udfff"], ids=["NUL", "high surrogate", "low surrogate"])
    def test_are_refused_for_characters_that_cannot_be_stored(self, world: World, text: str) -> None:
        for place, answer in answers_to(world, lambda name: json.dumps([text] if name in LISTS else text)):
            assert answer.status_code == 400, (place, answer.content)
            assert answer.json()["type"] == "validation_error", place

    def test_may_have_such_characters_in_names(self, world: World) -> None:
        body = {"events": "all", "price": {"by_event": {"\ud800": "1.00"}}, "\ud800": 1}
        for place, answer in answers_to(world, json.dumps(body).encode()):
            assert answer.status_code in DECENT, (place, answer.content)

    @pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 4000, "1e-400", "-0.0", "true", "{}", "[[[]]]"])
    def test_do_not_break_anything_with_odd_values(self, world: World, number: str) -> None:
        for form in ("%s", "[%s]"):
            value = form % number
            for place, answer in answers_to(world, lambda _name, value=value: value):
                assert answer.status_code in DECENT, (place, value[:20], answer.content[:500])
                assert not any(error["code"] == "unknown" for error in answer.json().get("errors", ())), place


def body_forms(operation: dict[str, Any]) -> set[str]:
    """Return the content types that an operation takes."""
    return set(operation.get("requestBody", {}).get("content", {}))


@cache
def fields_by_operation() -> dict[tuple[str, str], list[str]]:
    """Return the names of the fields that each operation takes; nested ones are not among them."""
    document = SchemaGenerator().get_schema(public=True)
    schemas = document["components"]["schemas"]
    found = {}
    for method, path in WRITING:
        form = document["paths"][path][method.lower()]["requestBody"]["content"][JSON]["schema"]
        own = schemas[form["$ref"].rpartition("/")[2]]["properties"]
        found[method, path] = [name for name in FIELDS if name in own]
    return found


def answers_to(
    world: World, body: bytes | Callable[[str], str], content_type: str = JSON
) -> Iterator[tuple[str, HttpResponse]]:
    """Yield the answer of every operation that writes; nothing that they write stays.

    A function says what JSON to send as the value of a field.
    """
    ids, fields = known_ids(world), fields_by_operation()
    for method, path in WRITING:
        place = path.replace("{id}", ids.get(path.split("/{id}")[0].split("/")[-1], [UNKNOWN_ID])[0])
        client = AppClient(raise_request_exception=False)
        client.use_token(world.token_for(path))
        with transaction.atomic():
            sent = body
            if callable(body):
                sent = "{" + ",".join(f'"{name}": {body(name)}' for name in fields[method, path]) + "}"
            answer = client.generic(method, place, sent, content_type=content_type)
            transaction.set_rollback(True)
        yield f"{method} {path}", answer
