"""Every address of the product under requests that nobody meant to send: no failure of ours, one form of errors."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse
from pytest_django import Settings

from apps.common.testing.local_slack import SIGNING_SECRET
from apps.monitoring.gateways import request_counts
from apps.triage.messages.buttons import CALLBACK
from config.tests import odd_input as odd
from config.tests.described_answers import document
from config.tests.sweep import JSON, METHODS, TOKEN, Route, Sweep, routes
from config.tests.world import World, ids_below, known_ids
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

PRESSED: Final = "/api/slack/interactions/"
# One address of each way of reading a request.
ONE_OF_EACH_KIND: Final = (
    "/api/v1/listings/",
    "/api/v1/listings/csv/",
    "/api/v1/contact-us/",
    "/api/v1/accounts/app/v1/auth/login",
    "/api/v1/accounts/app/v1/auth/email/verify",
    "/api/v1/accounts/app/v1/auth/password/reset",
    PRESSED,
    "/api/slack/commands/",
    "/api/docs/",
    "/api/metrics/",
    "/accounts/login/",
    "/admin/listings/listing/upload-csv/",
    "/livez",
)
# Without a login in progress the request is refused before its body is read.
NEEDS_A_LOGIN_UNDER_WAY: Final = "/api/v1/accounts/app/v1/auth/2fa/authenticate"


class Operation(NamedTuple):
    """What takes JSON: method, address of rows that exist, and the fields that it is described with."""

    method: str
    address: str
    fields: tuple[str, ...]


@pytest.fixture
def world(shared_world: World, db: None, settings: Settings) -> World:
    settings.ACCOUNT_RATE_LIMITS = False
    settings.CONTACT_THROTTLES = {"anon": None, "user": None}
    settings.SLACK_SIGNING_SECRET = SIGNING_SECRET
    settings.HEALTH_CHECK_TOKEN = settings.GENERATE_EMAILS_TOKEN = TOKEN
    for counts in (request_counts._REQUESTS, request_counts._SECONDS):
        counts.clear()  # those of all tests before would make each scrape take a second
    return shared_world


@pytest.fixture
def sweep(world: World, record_property: Callable[[str, object], None]) -> Iterator[Sweep]:
    """A sweep that ends with its count; fails if anything was answered by a failure or in another form."""
    sweep = Sweep(world)
    yield sweep
    record_property("requests", sweep.sent)
    print(f"{sweep.sent} requests, {len(sweep.failures)} failures")
    for cause, number in Counter(sweep.failures.values()).most_common():
        print(f"{number} x {cause}, such as {next(label for label, why in sweep.failures.items() if why == cause)}")
    assert not sweep.failures
    assert sweep.sent >= 100


@pytest.fixture
def all_routes(world: World) -> list[Route]:
    found = routes(world)
    assert len(found) >= 300
    assert {route.address for route in found} >= set(ONE_OF_EACH_KIND)
    return found


class TestAddresses:
    def test_answer_every_method(self, sweep: Sweep, all_routes: list[Route]) -> None:
        for route in all_routes:
            is_admin = route.pattern.startswith("admin/")
            for method in ("GET", "PUT") if is_admin else METHODS:
                sweep.ask(method, route.address)
            sweep.ask("GET", route.address, person="nobody")
            if not is_admin:
                sweep.ask("POST", route.address, person="nobody")
                sweep.ask("GET", route.address, person="staff")

    def test_with_odd_names_of_rows(self, sweep: Sweep, all_routes: list[Route]) -> None:
        for route in all_routes:
            if "<" in route.pattern:
                is_api = route.pattern.startswith("api/")
                for text in odd.IN_PATHS if is_api else odd.IN_PATHS[:4]:
                    sweep.ask("GET", route.with_odd(text))
                    sweep.ask("POST", route.with_odd(text), person="" if is_api else "nobody")

    def test_with_nul_in_the_query(self, sweep: Sweep, all_routes: list[Route]) -> None:
        for route in all_routes:
            answer = sweep.ask("GET", f"{route.address}?q=%00")
            assert answer.status_code == 400, route

    def test_with_odd_headers(self, sweep: Sweep) -> None:
        for address in ONE_OF_EACH_KIND:
            for headers in odd.HEADERS:
                sweep.ask("GET", address, headers=headers, person="staff")
                sweep.ask("POST", address, headers=headers, person="nobody")


class TestQueries:
    def test_of_lists(self, sweep: Sweep, all_routes: list[Route]) -> None:
        """All parameters at once, since some are read together, and one by one, since one error hides the next."""
        described = {
            path: [one["name"] for one in item["get"].get("parameters", []) if one["in"] == "query"]
            for path, item in document()["paths"].items()
            if "get" in item
        }
        for route in all_routes:
            names = described.get("/" + route.pattern.replace("<pk>", "{id}"), [])
            for value in odd.IN_QUERIES if names else odd.IN_QUERIES[:1]:
                if not route.pattern.startswith("admin/"):
                    sweep.ask("GET", f"{route.address}?{'&'.join(f'{name}={value}' for name in ('format', *names))}")
            for name in names:
                for value in odd.CURSORS if name == "cursor" else odd.IN_QUERIES[:2]:
                    sweep.ask("GET", f"{route.address}?{name}={value}")

    def test_of_admin_pages(self, sweep: Sweep, all_routes: list[Route]) -> None:
        for route in all_routes:
            if route.pattern.startswith("admin/") and "<" not in route.pattern:
                for name in sorted(_admin_parameters(sweep.ask("GET", route.address), route)):
                    for value in ("9" * 400, "x") if "catalog" in route.pattern else ("9" * 400,):
                        sweep.ask("GET", f"{route.address}?{name}={value}")

    def test_of_autocompletion(self, sweep: Sweep) -> None:
        good = {"app_label": "listings", "model_name": "listing", "field_name": "holder", "term": "x", "page": "1"}
        for name in good:
            for value in (*odd.IN_QUERIES, *odd.IN_PATHS):
                query = "&".join(f"{key}={text}" for key, text in {**good, name: value}.items())
                sweep.ask("GET", f"/admin/autocomplete/?{query}")
                sweep.ask("GET", f"/admin/search/?s={value}&{query}")


class TestBodies:
    def test_of_json_are_refused_by_all_in_one_way(self, sweep: Sweep, operations: list[Operation]) -> None:
        """Size, depth, digits, coding and type: accounts have the limits of all others."""
        for body, content_type, expected in odd.MALFORMED.values():
            for method, address, _ in operations:
                # Codings are refused before any view is asked.
                is_late = address == NEEDS_A_LOGIN_UNDER_WAY and "charset" not in content_type
                answer = (401, "not_authenticated") if is_late else expected
                sweep.ask(method, address, body, content_type, expected=answer)
                if "/accounts/" in address:
                    sweep.ask(method, address, body, content_type, person="nobody")

    def test_with_text_that_cannot_be_stored_are_refused(self, sweep: Sweep, operations: list[Operation]) -> None:
        for operation in operations:
            for value in odd.UNSTORABLE:
                answer = sweep.ask(operation.method, operation.address, _filled(operation, value))
                assert answer.status_code in {400, 401}, (operation, value)

    def test_with_values_of_other_types(self, sweep: Sweep, operations: list[Operation]) -> None:
        for operation in operations:
            for value in odd.VALUES:
                sweep.ask(operation.method, operation.address, _filled(operation, value))
            for number in odd.NUMBERS:
                body = "{" + ",".join(f'"{name}": {number}' for name in operation.fields) + "}"
                sweep.ask(operation.method, operation.address, body.encode())

    def test_that_are_broken_forms(self, sweep: Sweep) -> None:
        for address in ONE_OF_EACH_KIND:
            for body in odd.BROKEN_MULTIPART:
                sweep.ask("POST", address, body, odd.MULTIPART)
            for body in odd.BROKEN_FORMS:
                sweep.ask("POST", address, body, odd.FORM)
            for content_type in odd.CONTENT_TYPES:
                sweep.ask("POST", address, b"{}", content_type)

    def test_in_another_coding(self, sweep: Sweep) -> None:
        """UTF-7 spells half a surrogate pair in plain ASCII, in a form and in a query."""
        part = b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n+2AA-\r\n--x--\r\n'
        bodies = ((b'{"email": "+2AA-"}', JSON), (b"email=%2B2AA-", odd.FORM), (part, odd.MULTIPART))
        for address in ONE_OF_EACH_KIND:
            for coding in odd.CODINGS:
                for body, kind in bodies:
                    sweep.ask("POST", f"{address}?q=%2B2AA-", body, f"{kind}; charset={coding}")


@pytest.fixture
def operations(world: World) -> list[Operation]:
    """Every described operation that takes JSON, those of accounts too."""
    ids, found = known_ids(world), []
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            schema = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
            if schema is not None:
                address = path.replace("{id}", (ids_below(ids, path) or ["x"])[0]).replace("{refund}", ids["refund"][0])
                found.append(Operation(method.upper(), address, tuple(_fields(schema))))
    assert len(found) >= 40
    assert sum("/accounts/" in operation.address for operation in found) >= 12
    return found


class TestForms:
    @pytest.mark.filterwarnings("ignore:The 'get_valid_export_item_pks:DeprecationWarning")
    def test_of_pages(self, sweep: Sweep, all_routes: list[Route]) -> None:
        shown = 0
        for route in all_routes:
            if route.pattern.startswith(("admin/", "accounts/")):
                for person in {sweep.person_for(route.address), "nobody"}:
                    fields = _form_fields(sweep.ask("GET", route.address, person=person))
                    shown += bool(fields)
                    for value in odd.IN_FORMS if fields else ():
                        body = urlencode(dict.fromkeys([*fields, "next"], value)).encode()
                        sweep.ask("POST", route.address, body, odd.FORM, person=person)
        assert shown >= 15

    def test_of_slack(self, sweep: Sweep) -> None:
        for value in (*odd.UNSTORABLE, *odd.VALUES):
            for payload in _slack_payloads(value):
                body = urlencode({"payload": json.dumps(payload)}).encode()
                sweep.ask("POST", PRESSED, body, odd.FORM)
            command = {"user_id": "U1", "channel_id": "C1", "text": "x", "response_url": "https://hooks.slack.com/x"}
            for name in command:
                sent = command | {name: str(value).encode(errors="replace")}
                sweep.ask("POST", "/api/slack/commands/", urlencode(sent).encode(), odd.FORM)
        for body, *_ in odd.MALFORMED.values():
            sweep.ask("POST", PRESSED, urlencode({"payload": body}).encode(), odd.FORM)
            about = {"callback_id": CALLBACK, "private_metadata": body.decode(errors="replace"), "state": {}}
            payload = {"type": "view_submission", "user": {"id": "U1"}, "view": about}
            sweep.ask(
                "POST", "/api/slack/interactions/", urlencode({"payload": json.dumps(payload)}).encode(), odd.FORM
            )


def _fields(schema: dict[str, Any]) -> Iterator[str]:
    if "$ref" in schema:
        yield from _fields(document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    yield from schema.get("properties", {})
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from _fields(part)


def _filled(operation: Operation, value: Any) -> bytes:
    return json.dumps(dict.fromkeys(operation.fields, value)).encode()


def _admin_parameters(page: HttpResponse, route: Route) -> set[str]:
    rows = page.context.get("cl") if page.context else None
    if rows is None:
        return {"_to_field", "_changelist_filters", "_popup", *_form_fields(page)}
    found = {name for spec in rows.filter_specs for name in spec.expected_parameters()}
    if rows.date_hierarchy:
        found |= {f"{rows.date_hierarchy}__{part}" for part in ("year", "month", "day")}
    if "venue" in route.pattern:  # the same code for all lists
        found |= {"q", "p", "o", "e", "all", "_to_field", "_popup", "_facets", "_changelist_filters"}
    return found


def _form_fields(page: HttpResponse) -> list[str]:
    if not page.context:
        return []
    form = page.context["adminform"].form if "adminform" in page.context else page.context.get("form")
    return list(getattr(form, "fields", ()))


def _slack_payloads(value: Any) -> Iterator[dict[str, Any]]:
    pressed = {"action_id": value, "value": value}
    answered = {"callback_id": CALLBACK, "private_metadata": json.dumps(value), "state": {"values": value}}
    yield {"type": value}
    yield {"type": "block_actions", "user": value, "channel": value, "trigger_id": value, "actions": value}
    who = {"user": {"id": value}, "channel": {"id": value}, "trigger_id": value}
    yield {"type": "block_actions", **who, "actions": [pressed]}
    yield {"type": "view_submission", "user": {"id": "U1"}, "view": value}
    for view in ({"callback_id": value, "private_metadata": value, "state": value}, answered):
        yield {"type": "view_submission", "user": {"id": "U1"}, "view": view}
