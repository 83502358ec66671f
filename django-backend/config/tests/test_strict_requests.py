"""Nothing in a request is passed over: unknown names, names given twice, empty values; by every address there is."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from pytest_django import Settings
from rest_framework.response import Response
from rest_framework.serializers import DictField, ListField

from apps.common.fields import ShortDictField, ShortListField
from apps.common.serializers import StrictSerializer
from apps.users.testing.clients import AppClient
from config.tests.described_answers import document
from config.tests.routes import Route, all_routes
from config.tests.world import STAFF, UNKNOWN_ID, World, ids_below, known_ids
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

TOKEN: Final = "token-of-a-test"
UNKNOWN: Final = "no_such_name"
# What takes foreign requests as they come, and why.
FOREIGN: Final = {
    "/api/v1/accounts/": "allauth reads these; its bodies are looked at in apps/users",
    "/api/slack/": "signed by Slack, in Slack's form",
    "/payment/webhook/": "signed by Stripe, in Stripe's form",
    "/accounts/": "pages: links from mails and campaigns carry parameters of their own",
    "/mail/": "pages that mail servers call",
    "/orders/": "pages: mail programs and campaigns add parameters of their own",
    "/payment/": "pages that Stripe leads back to, and the form that leads there",
    "/admin/": "Django's admin refuses what its lists do not know",
    "/livez": "reads nothing; a container must not be restarted for a parameter",
}
# Pages for people, and what leads to them.
PAGES: Final = {"/", "/docs", "/docs/", "/api/docs/", "/api", "/api/", "/api/v1", "/api/v1/"}


HINTS: Final[tuple[tuple[str, str, str, Any, str, str], ...]] = (
    ("post", "/api/v1/listings/", "", {"flor": "90.00"}, "flor", "Did you mean 'floor'?"),
    ("post", "/api/v1/listings/", "", {"split_rul": "pairs"}, "split_rul", "Did you mean 'split_rule'?"),
    ("patch", "/api/v1/listings/{id}/", "", {"Price": "90.00"}, "Price", "Did you mean 'price'?"),
    ("get", "/api/v1/listings/", "?stauts=listed", None, "stauts", "Did you mean 'status'?"),
    ("get", "/api/v1/listings/", "?page=2", None, "page", "Did you mean 'page_size'?"),
    ("get", "/api/v1/seasons/", "?name=2026", None, "name", "search, league, cursor, page_size."),
    ("get", "/api/v1/listings/{id}/", "?status=listed", None, "status", "Choose from: format, expand."),
    ("get", "/api/health-check/", "?fromat=json", None, "fromat", "Did you mean 'format'?"),
    ("get", "/api/metrics/", "?format=json", None, "format", "This request takes none."),
)


@pytest.fixture
def world(shared_world: World, db: None) -> World:
    return shared_world


@pytest.fixture(autouse=True)
def tokens(settings: Settings) -> None:
    """Open what is closed without a configured token."""
    settings.HEALTH_CHECK_TOKEN = settings.GENERATE_EMAILS_TOKEN = TOKEN


def strict_routes() -> list[Route]:
    """Return the addresses that must be strict: all but the foreign ones."""
    prefixes = tuple(FOREIGN)
    return [route for route in all_routes() if not route.path.startswith(prefixes) and route.path not in PAGES]


def ask(world: World, method: str, path: str, query: str = "", body: Any = None) -> Response:
    """Send a request by somebody whom the address lets in, about rows that exist."""
    ids, place = known_ids(world), path
    for name in ("<pk>", "<token>", "{id}"):
        place = place.replace(name, (ids_below(ids, path) or [UNKNOWN_ID])[0])
    for name in ("<refund>", "{refund}"):
        place = place.replace(name, ids["refund"][0])
    client = AppClient()
    if path.startswith("/api/v1/") and "email-domains" not in path:
        client.force_authenticate(world.staff if path.startswith(STAFF) else world.holder)
        headers = {}
    else:
        headers = {"Authorization": TOKEN if "email-domains" not in path else f"Token {TOKEN}"}
    form = "multipart" if path.endswith("/csv/") and method == "post" else "json"
    answer: Response = getattr(client, method)(
        f"{place}{query}", **({} if method == "get" else {"data": body or {}, "format": form}), headers=headers
    )
    return answer


def complaints(answer: Response) -> set[tuple[str | None, str]]:
    """Return what an answer complains about, as field and code."""
    assert answer.status_code == 400, answer.content[:300]
    return {(error["attr"], error["code"]) for error in answer.json()["errors"]}


def bodies(schema: Mapping[str, Any], components: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a body with an unknown field for each object in the description of a request, at any depth; and where."""
    if "$ref" in schema:
        schema = components[schema["$ref"].rsplit("/", 1)[-1]]
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from bodies(part, components)
    if schema.get("type") == "array":
        yield from ((f"0.{place}", [body]) for place, body in bodies(schema["items"], components))
    if "properties" in schema:
        yield UNKNOWN, {UNKNOWN: 1}
        for name, inner in schema["properties"].items():
            yield from ((f"{name}.{place}", {name: body}) for place, body in bodies(inner, components))


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """Our own description of the API."""
    return document()


@pytest.mark.django_db
class TestUnknownNames:
    def test_there_are_as_many_addresses_as_we_think(self) -> None:
        paths = {route.path for route in strict_routes()}
        assert len(paths) > 60
        assert {"/api/v1/listings/", "/api/v1/staff/sales/<pk>/void/", "/api/metrics/", "/api//health-check/"} <= paths

    def test_in_the_query_are_refused_everywhere(self, world: World) -> None:
        for route in strict_routes():
            answer = ask(world, route.method, route.path, f"?{UNKNOWN}=1")
            assert (UNKNOWN, "unknown") in complaints(answer), route

    def test_in_the_body_are_refused_everywhere(self, world: World) -> None:
        for route in strict_routes():
            if route.method != "get":
                answer = ask(world, route.method, route.path, body={UNKNOWN: "1"})
                assert (UNKNOWN, "unknown") in complaints(answer), route

    def test_in_the_body_are_refused_at_every_depth(self, world: World, description: dict[str, Any]) -> None:
        depths = set()
        for path, item in description["paths"].items():
            for method, operation in item.items():
                forms = operation.get("requestBody", {}).get("content", {})
                if path.startswith(tuple(FOREIGN)) or "application/json" not in forms:
                    continue
                schema = forms["application/json"]["schema"]
                for place, body in bodies(schema, description["components"]["schemas"]):
                    assert (place, "unknown") in complaints(ask(world, method, path, body=body)), (method, path)
                    depths.add(place.count("."))
        assert depths == {0, 1, 2}  # ticket_holder.x, price_steps.0.x

    def test_are_answered_with_the_nearest_known_one(self, world: World) -> None:
        for method, path, query, body, attr, hint in HINTS:
            errors = ask(world, method, path, query, body).json()["errors"]
            assert [hint in error["detail"] for error in errors if error["attr"] == attr] == [True], (path, attr)

    def test_of_fields_that_are_only_shown_call_them_read_only(self, world: World) -> None:
        """Who sends back what it got reads why; nothing is changed."""
        listing = ask(world, "get", "/api/v1/listings/{id}/").json()
        answer = ask(world, "patch", "/api/v1/listings/{id}/", body={**listing, "notes": "x"})
        assert {"id", "status", "seats", "split"} <= {attr for attr, code in complaints(answer) if code == "read_only"}
        assert "unknown" not in {code for _, code in complaints(answer)}

    def test_are_reported_up_to_a_number(self, world: World) -> None:
        """A body of a hundred thousand names is no work for a minute."""
        body = {f"{number}{'x' * 10}": 1 for number in range(100_000)}
        assert len(ask(world, "post", "/api/v1/staff/sales/void/", body=body).json()["errors"]) < 30


@pytest.mark.django_db
class TestParameters:
    def test_are_known_where_they_are_described(self, world: World, description: dict[str, Any]) -> None:
        """Empty and repeated ones are refused: `?status=` filtered nothing, and of two values one was dropped."""
        seen = set()
        for path, item in description["paths"].items():
            if path.startswith(tuple(FOREIGN)):
                continue
            for method, operation in item.items():
                for parameter in operation.get("parameters", []):
                    if parameter["in"] != "query":
                        continue
                    name, many = (
                        parameter["name"],
                        parameter["schema"].get("type") == "array" or "expand" in str(parameter),
                    )
                    assert (name, "blank") in complaints(ask(world, method, path, f"?{name}=")), (path, name)
                    twice = ask(world, method, path, f"?{name}=x&{name}=y")
                    repeated = twice.status_code == 400 and (name, "repeated") in complaints(twice)
                    assert repeated != many, (path, name)
                    seen.add(name)
        assert {"status", "cursor", "page_size", "ordering", "search", "price", "expand"} <= seen

    def test_of_pages_are_whole_numbers_to_a_hundred(self, world: World) -> None:
        for size in ("abc", "0", "-1", "101", "1.5", "1e1", "１０", "+5", "9" * 5_000, "%20"):
            answer = ask(world, "get", "/api/v1/teams/", f"?page_size={size}")
            assert {attr for attr, _ in complaints(answer)} == {"page_size"}, size
        for size in ("1", "100"):
            assert ask(world, "get", "/api/v1/teams/", f"?page_size={size}").status_code == 200


@pytest.mark.django_db
class TestCaches:
    def test_learn_from_every_answer_what_they_may_keep(self, world: World) -> None:
        """Refusals too: a kept 403 of the health check would outlive the wrong token."""
        for route in {Route(route.path, "get", is_api_view=False) for route in strict_routes()}:
            for answer in (ask(world, "get", route.path), AppClient().get(route.path.replace("<pk>", UNKNOWN_ID))):
                rules = answer.headers["Cache-Control"]
                assert answer.status_code in {200, 304} or "no-store" in rules, (route.path, rules)
                assert "public" not in rules or "Cookie" not in answer.headers.get("Vary", ""), route.path


class TestLists:
    def test_are_measured_before_their_items(self) -> None:
        """200,000 wrong items were 67 seconds of work and an answer of 32 MB."""
        assert all_routes()  # every serializer is imported
        found = [
            (serializer.__name__, name, field)
            for serializer in _subclasses(StrictSerializer)
            for name, field in serializer._declared_fields.items()
            if isinstance(field, ListField | DictField)
        ]
        assert len(found) > 10
        assert [place for *place, field in found if not isinstance(field, ShortListField | ShortDictField)] == []

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("path", "attr", "body"),
        [
            ("/api/v1/listings/reprice/", "items", {"items": [{}] * 501}),
            ("/api/v1/staff/listings/bulk/", "ids", {"move": "approve", "ids": ["1"] * 501}),
            ("/api/v1/staff/sales/void/", "ids", {"reason": "x", "return_seats": True, "ids": ["1"] * 501}),
        ],
    )
    def test_that_are_too_long_are_one_error(self, world: World, path: str, attr: str, body: dict[str, Any]) -> None:
        assert complaints(ask(world, "post", path, body=body)) == {(attr, "max_length")}


def _subclasses(base: type[Any]) -> Iterator[type[Any]]:
    for one in base.__subclasses__():
        yield one
        yield from _subclasses(one)
