"""What the API description must say for clients to be made from it, of every operation and field."""

import operator
import re
from collections.abc import Iterator
from functools import reduce
from typing import Any

import pytest
from allauth.headless.constants import Client
from allauth.headless.urls import build_urlpatterns
from django.http import HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver

from apps.users.urls import NOT_OFFERED
from config.openapi.account_operations import PUBLIC, SIGNED_IN
from config.openapi.hooks import require_enum_names
from config.tests.described_answers import check, document

WITHOUT_LOGIN = {
    "GET /api/v1/timezones/",
    "GET /api/v1/market/events/",
    "GET /api/v1/market/products/",
    "GET /api/v1/market/events/{id}/",
    "GET /api/v1/market/events/{id}/listings/",
    *(f"{operation.method.upper()} /api/v1/accounts/app/v1/{operation.route}" for operation in PUBLIC),
}
METHODS = ("get", "post", "put", "patch", "delete")


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, item in document()["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


def nodes(node: Any, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every schema below a node that has a type, with its place."""
    if isinstance(node, dict):
        if "type" in node and not isinstance(node["type"], dict):
            yield place, node
        for name, below in node.items():
            yield from nodes(below, f"{place}/{name}") if name != "examples" else ()
    elif isinstance(node, list):
        for below in node:
            yield from nodes(below, place)


def sent() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the schemas of all that clients send to our own routes."""
    for name, schema in document()["components"]["schemas"].items():
        if name.endswith("Request") and not name.startswith("Account"):
            yield from nodes(schema, name)
    for name, operation in operations():
        yield from nodes(operation.get("parameters", []), name)


def is_a(schema: dict[str, Any], kind: str) -> bool:
    return schema["type"] == kind or (isinstance(schema["type"], list) and kind in schema["type"])


class TestDescription:
    def test_says_who_may_call(self) -> None:
        open_to_all = {name for name, operation in operations() if not operation["security"]}
        assert open_to_all == WITHOUT_LOGIN
        known = document()["components"]["securitySchemes"]
        assert {word for _, operation in operations() for way in operation["security"] for word in way} == set(known)
        assert document()["servers"][0]["url"] == "/"

    def test_says_what_each_operation_and_parameter_is(self) -> None:
        names = [operation["operationId"] for _, operation in operations()]
        assert len(names) == len(set(names))
        for name, operation in operations():
            assert operation["summary"], name
            assert len(operation["tags"]) == 1, name
            silent = [one["name"] for one in operation.get("parameters", []) if not one.get("description")]
            assert silent == [] or operation["tags"] != ["Catalogue"], name

    def test_describes_accounts_with_our_fields(self) -> None:
        """S3-49: the whole account API is in the one description, and nothing that is not offered."""
        schema = document()
        signup = schema["components"]["schemas"]["AccountSignupRequest"]
        assert signup["required"] == ["first_name", "last_name", "email", "password"]
        assert signup["properties"]["is_card_interest"]["type"] == "boolean"
        for route in ("auth/signup", "tokens/refresh"):
            assert "post" in schema["paths"][f"/api/v1/accounts/app/v1/{route}"]
        assert not [path for path in schema["paths"] if "phone" in path or "webauthn" in path or "{client}" in path]
        scheme = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
        assert schema["components"]["securitySchemes"]["accessToken"] == scheme

    def test_points_nowhere_outside_itself(self) -> None:
        references = set(re.findall(r"'\$ref': '#/([^']+)'", str(document())))
        assert len(references) > 50
        for reference in references:
            reduce(operator.getitem, reference.split("/"), document())

    def test_bounds_every_number_and_list_that_is_sent(self) -> None:
        numbers = [(place, schema) for place, schema in sent() if is_a(schema, "integer")]
        lists = [(place, schema) for place, schema in sent() if is_a(schema, "array") and "GET " not in place]
        assert len(numbers) > 15
        assert len(lists) > 10
        assert not [place for place, schema in numbers if not {"minimum", "maximum"} <= {*schema}]
        assert not [place for place, schema in lists if "maxItems" not in schema]

    def test_bounds_every_number_that_is_answered(self) -> None:
        found = nodes(document()["components"]["schemas"])
        numbers = [(place, schema) for place, schema in found if is_a(schema, "integer")]
        assert len(numbers) > 20
        assert [place for place, schema in numbers if "minimum" not in schema] == []

    def test_gives_every_decimal_currency_and_key_a_pattern(self) -> None:
        found = [*nodes(document()["components"]["schemas"]), *sent()]
        named = [schema for place, schema in found if schema.get("format") == "decimal" or place.endswith("/currency")]
        assert len(named) > 30
        assert all("pattern" in schema for schema in named)
        keys = [p for _, o in operations() for p in o.get("parameters", []) if p["name"] == "Idempotency-Key"]
        assert len(keys) > 5
        assert all({"pattern", "minLength", "maxLength"} <= {*key["schema"]} for key in keys)

    def test_closes_every_request_and_has_no_default_that_clients_would_send(self) -> None:
        assert not [place for place, schema in sent() if "default" in schema]
        ours = [(place, schema) for place, schema in sent() if "properties" in schema]
        assert {place for place, schema in ours if schema.get("additionalProperties") is not False} == set()

    def test_says_when_to_ask_again(self) -> None:
        ours = [operation["responses"] for name, operation in operations() if "/api/v1/accounts/" not in name]
        limited = [responses["429"] for responses in ours if "429" in responses]
        assert limited
        assert all("Retry-After" in response["headers"] for response in limited)
        read = [o["responses"] for _, o in operations() if "304" in o["responses"]]
        assert read
        assert all("ETag" in responses["200"]["headers"] for responses in read)


class TestEnumerations:
    def test_have_names_of_ours(self, capsys: pytest.CaptureFixture[str]) -> None:
        """What drf-spectacular names itself is a warning, which the check `openapi` of lint.sh takes for an error."""
        schemas = document()["components"]["schemas"]
        require_enum_names({"components": {"schemas": {name: s for name, s in schemas.items() if "Flow" not in name}}})
        assert capsys.readouterr().err == ""
        require_enum_names({"components": {"schemas": {"TypeEnum": {"type": "string", "enum": ["a"]}}}})
        assert "TypeEnum got its name by chance" in capsys.readouterr().err


class TestAccountOperations:
    def test_are_those_of_the_routes(self) -> None:
        """A route that an upgrade or a setting of allauth adds has to be described, or not offered."""
        described = {(operation.method, f"app/v1/{operation.route}") for operation in (*PUBLIC, *SIGNED_IN)}
        assert described == set(routed(build_urlpatterns(Client.APP), "app/"))


def routed(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routed(pattern.url_patterns, route)
        elif route not in NOT_OFFERED:
            view = pattern.callback.view_class
            yield from ((method, route) for method in METHODS if hasattr(view, method))


class TestAnswerCheck:
    """The guard that conftest.py puts into the test clients."""

    @pytest.mark.parametrize(
        ("path", "answer", "reason"),
        [
            ("/api/v1/timezones/", JsonResponse({}, status=418), "418: not described"),
            ("/api/v1/me/", JsonResponse({"type": "client_error"}, status=401), "required"),
            ("/api/v1/me/", JsonResponse({"type": "x", "errors": []}, status=401), "not one of"),
            ("/api/v1/me/", JsonResponse({"type": "client_error", "errors": [], "a": 1}, status=401), "unexpected"),
            ("/api/v1/me/", HttpResponse("<p>", status=401), "as text/html"),
            ("/api/v1/listings/csv/", JsonResponse({}), "as application/json"),
            ("/api/v1/listings/x/", HttpResponse("x", status=304), "body that is not described"),
        ],
    )
    def test_finds_what_is_not_described(self, path: str, answer: HttpResponse, reason: str) -> None:
        with pytest.raises(AssertionError, match=reason):
            check("GET", path, answer)

    def test_leaves_alone_what_is(self) -> None:
        check("GET", "/api/v1/me/", JsonResponse({"type": "client_error", "errors": []}, status=401))
        check("GET", "/api/v1/listings/x/", HttpResponse(status=304))
        check("TRACE", "/api/v1/me/", HttpResponse(status=405))
        check("GET", "/somewhere/", HttpResponse(status=418))
