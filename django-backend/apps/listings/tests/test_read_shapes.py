"""Rows are not sent through serializers, so here they are compared with what the OpenAPI document says of them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jsonschema
import pytest
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.listings.tests.test_listing_reads import listed
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The OpenAPI document, in which every object has exactly the properties it names."""
    schema: dict[str, Any] = APIClient().get("/api/schema/", {"format": "json"}).json()
    for component in schema["components"]["schemas"].values():
        if "properties" in component:
            component["additionalProperties"] = False
            component["required"] = list(component["properties"])
    return schema


def check(document: Mapping[str, Any], path: str, body: Any) -> None:
    answer = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(body, {**answer, "components": document["components"]})


@pytest.mark.parametrize("query", ["", "?expand=event"])
def test_rows_are_as_documented(
    api: APIClient, season_ticket: SeasonTicket, event: Event, document: dict[str, Any], query: str
) -> None:
    """S3-49: lists, single rows, history and availability, plain and with everything filled in."""
    Event.objects.update(stubhub_event_url="https://example.com/game")  # empty, it would be two things in the document
    listed(season_ticket, event)
    show = home_game(season_ticket, away_team=None, stubhub_event_url="https://example.com/show")
    full = listed(
        season_ticket, show, floor_cents=5_000, price_steps=[[10, 1_000]],
        next_markdown_at=datetime(2040, 8, 30, tzinfo=UTC), in_hand_date="2040-09-01", disclosures=["aisle"],
    )  # fmt: skip
    ticket = full.tickets.first()
    assert ticket is not None
    for path, address in {
        "/api/v1/listings/": "/api/v1/listings/",
        "/api/v1/listings/{id}/": f"/api/v1/listings/{full.id}/",
        "/api/v1/listings/{id}/history/": f"/api/v1/listings/{full.id}/history/",
        "/api/v1/tickets/": "/api/v1/tickets/",
        "/api/v1/tickets/{id}/": f"/api/v1/tickets/{ticket.id}/",
        "/api/v1/season-tickets/{id}/availability/": f"/api/v1/season-tickets/{season_ticket.id}/availability/",
    }.items():
        response = api.get(address if path.endswith(("/history/", "/availability/")) else address + query)
        assert response.status_code == 200, address
        check(document, path, response.json())
        if "{id}" not in path:
            assert response.json()["results"]
