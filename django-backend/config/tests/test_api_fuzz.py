"""The API under requests that are made up from its own description."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD
from config.tests.described_answers import document
from config.tests.world import STAFF, World, ids_below, known_ids
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

# allauth describes and tests its own endpoints; its description is looser than its answers, and its rate limits would
# end a run. Bad input at sign-up and login has tests of its own. So has the generator of identities, which asks for a
# token before it reads anything.
OURS: Final = r"^/api/v1/(?!accounts/|email-domains/)"
PEOPLE: Final = ("holder", "staff")
# Two checks are left out on purpose. Positive data may be refused: which seats may be listed is no matter of shape.
# Negative data may be taken: numbers are taken where text is due.
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
# Made-up seats are never those of the block, and the listing is pending: 400 and 409 are all that these can answer.
MAY_ALL_BE_REFUSED: Final = {
    "POST /api/v1/cart/lines/",  # nothing is on sale
    "PATCH /api/v1/cart/lines/{id}/",
    "DELETE /api/v1/cart/lines/{id}/",
    "POST /api/v1/cart/products/",
    "PATCH /api/v1/cart/products/{id}/",
    "DELETE /api/v1/cart/products/{id}/",
    "POST /api/v1/cart/accept-prices/",  # made-up totals
    "PUT /api/v1/cart/coupon/",  # made-up codes
    "POST /api/v1/cart/merge/",  # made-up tokens
    "GET /api/v1/market/events/{id}/",  # nothing is on sale
    "POST /api/v1/checkout/",  # the cart is empty
    "GET /api/v1/orders/{id}/",  # made-up links
    "PATCH /api/v1/orders/{id}/",
    "GET /api/v1/orders/{id}/downloads/{line}/",
    "POST /api/v1/orders/{id}/pay/",
    "POST /api/v1/orders/{id}/cancel/",
    "POST /api/v1/orders/{id}/resend-mail/",
    "POST /api/v1/orders/{id}/refund/",
    "POST /api/v1/listings/",
    "POST /api/v1/listings/csv/",  # made-up bytes are no CSV
    "PUT /api/v1/me/holder/",  # made-up numbers are no phone numbers
    "PATCH /api/v1/listings/{id}/",  # made-up terms seldom go together
    "POST /api/v1/listings/{id}/relist/",
    "POST /api/v1/listings/{id}/request-delisting/",
    "POST /api/v1/season-tickets/",  # made-up numbering and seats seldom go together
    "POST /api/v1/season-tickets/{id}/listings/",
    "POST /api/v1/season-tickets/{id}/withhold/",
    "POST /api/v1/season-tickets/{id}/release/",
    "POST /api/v1/staff/events/{id}/refunds/",  # it is not cancelled
    "POST /api/v1/staff/events/{id}/reschedule/",  # made-up dates are seldom of this century
    "POST /api/v1/staff/orders/{id}/refunds/{refund}/assign/",  # it is assigned
    "POST /api/v1/staff/orders/{id}/refunds/{refund}/retry/",  # it has not failed
    "POST /api/v1/staff/sales/",  # made-up marketplaces
    "POST /api/v1/staff/listings/{id}/approve-delisting/",
    "POST /api/v1/staff/listings/{id}/decline-delisting/",
    "POST /api/v1/staff/listings/{id}/delist-when-released/",
}
SETTINGS: Final = settings(max_examples=8, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def world(shared_world: World, db: None) -> World:
    return shared_world


@pytest.fixture
def tokens(world: World) -> dict[str, str]:
    """The tokens of the people who ask; made before `kept_connection`, which a test client would undo."""
    return {name: AppClient().log_in(getattr(world, name).email, PASSWORD)["access_token"] for name in PEOPLE}


@pytest.fixture
def kept_connection(tokens: dict[str, str]) -> Iterator[None]:
    """Keep the test's connection open after each request, as Django's own test client does."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def description_with(world: World) -> dict[str, Any]:
    """Return our OpenAPI description whose requests name rows that exist: made-up ids would only ever give 404."""
    made_up = deepcopy(document())
    ids = known_ids(world)
    for path, item in made_up["paths"].items():
        known = {"id": ids_below(ids, path), "refund": ids["refund"]}
        for operation in item.values():
            for parameter in operation.get("parameters", []):
                if found := known.get(parameter.get("name")):
                    parameter["schema"] = {"type": "string", "enum": found}
    for name, schema in made_up["components"]["schemas"].items():
        if not name.endswith("Request"):
            continue
        for field, form in schema.get("properties", {}).items():
            if field in ids and form.get("format") == "uuid":
                form["enum"] = ids[field]
            elif field in ids and form.get("items", {}).get("format") == "uuid":
                form["items"]["enum"] = ids[field]
    return made_up


class TestMadeUpRequests:
    @pytest.mark.parametrize("mode", list(GenerationMode))
    def test_get_the_answers_that_the_description_promises(
        self, world: World, tokens: dict[str, str], kept_connection: None, mode: GenerationMode
    ) -> None:
        """No 5xx, no undescribed status code or content type, no answer of another shape; most operations succeed."""
        schema = schemathesis.openapi.from_dict(description_with(world))
        schema.app = WSGIHandler()
        operations = [found.ok() for found in schema.include(path_regex=OURS).get_all_operations()]
        succeeded: set[str] = set()

        def attempt(case: Case) -> None:
            token = tokens["staff" if case.operation.path.startswith(STAFF) else "holder"]
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
