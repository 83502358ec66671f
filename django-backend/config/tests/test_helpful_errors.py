"""Refusals that say what to do: the words there are, where an id is looked up, what state stands in the way."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest
from django.urls import resolve

from apps.catalog.models import Event
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.testing.stories import record
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from config.tests.described_answers import document
from config.tests.test_strict_requests import FOREIGN, ask
from config.tests.test_strict_requests import world as world  # noqa: PLC0414 - a fixture
from config.tests.world import World
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

NO_ID, NO_WORD = "Philadelphia Eagles", "no_such_word"
JSON: Final = "application/json"


@pytest.fixture(scope="module")
def operations() -> list[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every operation of ours as path, method, description and the schemas that it refers to."""
    return [
        (path, method, operation, document()["components"]["schemas"])
        for path, item in document()["paths"].items()
        for method, operation in item.items()
        if not path.startswith(tuple(FOREIGN)) and "email-domains" not in path
    ]


def leaves(schema: Mapping[str, Any], schemas: Mapping[str, Any], value: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each value that a request holds, at any depth: where it stands, its schema, a body with `value` there."""
    if "$ref" in schema:
        yield from leaves(schemas[schema["$ref"].rpartition("/")[2]], schemas, value)
        return
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ())):
        yield from leaves(part, schemas, value)
    if "items" in schema:
        yield from ((f".0{place}", leaf, [body]) for place, leaf, body in leaves(schema["items"], schemas, value))
    for name, inner in schema.get("properties", {}).items():
        yield from ((f".{name}{place}", leaf, {name: body}) for place, leaf, body in leaves(inner, schemas, value))
    if "items" not in schema and "properties" not in schema:
        yield "", schema, value


def sentences(answer: Any, attr: str) -> list[str]:
    """Return what an answer says about a field."""
    return [error["detail"] for error in answer.json()["errors"] if error["attr"] == attr]


def refusals(world: World, operations: Any, wrong: str, kind: Any) -> Iterator[tuple[str, Any, list[str]]]:
    """Send `wrong` wherever a value of a kind belongs; yield where it was, its schema, and what was said about it."""
    for path, method, operation, schemas in operations:
        for parameter in operation.get("parameters", ()):
            if parameter["in"] == "query" and kind(parameter["schema"].get("items", parameter["schema"])):
                name = parameter["name"]
                answer = ask(
                    world, method, path, f"?{name}={wrong}&{'price=1' if 'preview' in path else ''}".rstrip("&")
                )
                yield f"{path}?{name}", parameter["schema"], sentences(answer, name)
        form = operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema")
        for place, schema, body in leaves(form, schemas, wrong) if form else ():
            if kind(schema):
                answer = ask(world, method, path, body=body)
                yield f"{method} {path} {place}", schema, sentences(answer, place[1:])


@pytest.mark.django_db
class TestIds:
    def test_that_are_names_are_answered_with_where_to_look_them_up(self, world: World, operations: Any) -> None:
        seen = set()
        for place, _, said in refusals(world, operations, NO_ID, lambda schema: schema.get("format") == "uuid"):
            [address] = re.findall(r"This is not an id\. Look it up: GET (\S+)$", said[0])
            assert resolve(address.partition("?")[0]), place
            assert "?" not in address or address.endswith("=Philadelphia%20Eagles"), place
            seen.add(re.split(r"[ ?.]", place)[-1] if "?" in place else place.split(".")[1])
        assert {"team", "season", "venue", "event", "season_ticket", "listing", "ids", "events", "holder"} <= seen

    def test_are_looked_up_where_they_are_found(self, world: World) -> None:
        team = world.event.home_team
        assert team is not None
        [address] = re.findall(
            r"GET (\S+)", sentences(ask(world, "get", "/api/v1/events/", f"?team={team.name}"), "team")[0]
        )
        found = ask(world, "get", *address.partition("?")[:1], query=f"?{address.partition('?')[2]}").json()["results"]
        assert [row["id"] for row in found] == [str(team.id)]


@pytest.mark.django_db
class TestWords:
    def test_that_are_unknown_are_answered_with_the_known_ones(self, world: World, operations: Any) -> None:
        seen = 0
        for place, schema, said in refusals(
            world, operations, NO_WORD, lambda schema: "enum" in schema or "$ref" in schema
        ):
            one = schema.get("items", schema)
            named = [part["$ref"] for part in (one, *one.get("allOf", ()), *one.get("oneOf", ())) if "$ref" in part]
            known = operations[0][3][named[0].rpartition("/")[2]] if named else one
            words = [word for word in known["enum"] if word]
            assert words
            missing = [word for word in words if word not in said[0]]
            assert not missing, (place, said)
            seen += 1
        assert seen > 15

    def test_are_two_where_the_answer_is_yes_or_no(self, world: World) -> None:
        """`?voided=ture` filtered nothing."""
        for path, name in (("/api/v1/sales/", "voided"), ("/api/v1/notifications/", "read")):
            [sentence] = sentences(ask(world, "get", path, f"?{name}=ture"), name)
            assert sentence == '"ture" is not known. Choose from: true, false.'
            assert [ask(world, "get", path, f"?{name}={word}").status_code for word in ("true", "False")] == [200, 200]


def second_moves(world: World) -> list[tuple[str, dict[str, Any], str]]:
    """Return moves that can be made once, with the state that the second one finds."""
    staff, own = "/api/v1/staff", "/api/v1"
    pending, other = SeasonTicketFactory(status="pending"), SeasonTicketFactory(status="pending")
    verified = SeasonTicketFactory()
    block = SeasonTicketFactory()
    sale = record(on_sale("1", "2", block=block, event=home_game(block)), "1")[0]
    delivered = record(Listing.objects.get(id=sale.listing_id), "2")[0]
    events = [home_game(SeasonTicketFactory()) for _ in range(2)]
    return [
        (f"{staff}/season-tickets/{pending.id}/verify/", {}, "verified since"),
        (f"{staff}/season-tickets/{other.id}/reject/", {"reason": "x"}, "rejected since"),
        (f"{staff}/season-tickets/{verified.id}/end/", {"reason": "x"}, "ended since"),
        (f"{own}/listings/{world.listing.id}/withdraw/", {}, "delisted since"),
        (f"{own}/listings/{world.listing.id}/relist/", {}, "since"),
        (f"{staff}/sales/{sale.id}/void/", {"reason": "x", "return_seats": False}, "void since"),
        (f"{staff}/sales/{delivered.id}/deliver/", {}, "delivered at"),
        (f"{staff}/events/{events[0].id}/postpone/", {"note": "x"}, "postponed since"),
        (f"{staff}/events/{events[1].id}/cancel/", {"note": "x"}, "cancelled since"),
    ]


@pytest.mark.django_db
class TestSecondMoves:
    def test_name_the_state_that_stands_in_the_way(self, world: World) -> None:
        for path, body, state in second_moves(world):
            first, second = (ask(world, "post", path, body=body) for _ in range(2))
            assert (second.status_code, state in second.json()["errors"][0]["detail"]) == (409, True), (
                path,
                first.content[:200],
                second.json(),
            )
        assert Event.objects.filter(status="cancelled").exists()
