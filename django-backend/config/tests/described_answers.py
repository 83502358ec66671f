"""Holds the answers that tests get from the API against docs/openapi.yaml, the file that clients are generated from."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple
from unittest.mock import patch

import jsonschema_rs
import yaml
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client

from config.environment import PROJECT_DIR

DESCRIPTION = PROJECT_DIR / "docs" / "openapi.yaml"
# No operation describes a redirect to the address that is meant, a method that it is not, or a crash.
OF_NO_OPERATION = {301, 308, 405, 500}


class Operation(NamedTuple):
    """What the description says of one method of one address."""

    name: str
    responses: dict[str, Any]


@contextmanager
def answers_checked() -> Iterator[None]:
    """Let every request of Django's and DRF's test clients fail whose answer is not as described."""
    request = Client.request

    def checked(client: Client, **sent: Any) -> HttpResponseBase:
        answer = request(client, **sent)
        check(sent.get("REQUEST_METHOD", "GET"), sent.get("PATH_INFO", "/"), answer)
        return answer

    with patch.object(Client, "request", checked):
        yield


def check(method: str, path: str, answer: HttpResponseBase) -> None:
    """Fail unless status, headers, content type and body are those that the description promises."""
    operation = _operation(method, path) if path.startswith("/api/") else None
    if operation is None or answer.status_code in OF_NO_OPERATION:
        return
    place = f"{operation.name} answered {answer.status_code}"
    described = operation.responses.get(str(answer.status_code))
    assert described is not None, f"{place}: not described in docs/openapi.yaml ({_start(answer)})"
    for header in described.get("headers", {}):
        assert header in answer.headers or not described["headers"][header].get("required"), f"{place} without {header}"
    content = described.get("content", {})
    if not content:
        assert answer.streaming or not _start(answer), f"{place} with a body that is not described"
        return
    kind = answer.headers.get("Content-Type", "").partition(";")[0]
    assert kind in content, f"{place} as {kind}, described: {', '.join(content)}"
    if kind == "application/json" and isinstance(answer, HttpResponse):
        _hold_against(json.dumps(content[kind]["schema"]), json.loads(answer.content), place)


def _start(answer: HttpResponseBase) -> str:
    return answer.content[:300].decode(errors="replace") if isinstance(answer, HttpResponse) else ""


def _hold_against(schema: str, body: Any, place: str) -> None:
    errors = [
        f"{'.'.join(map(str, error.instance_path))}: {error.message}" for error in _validator(schema).iter_errors(body)
    ]
    assert not errors, f"{place}, not as described in docs/openapi.yaml:\n" + "\n".join(errors[:5])


@cache
def document() -> dict[str, Any]:
    """Return the description as the file has it; nobody changes it."""
    found: dict[str, Any] = yaml.load(DESCRIPTION.read_bytes(), yaml.CSafeLoader)
    return found


@cache
def _closed_schemas() -> dict[str, Any]:
    # Clients must expect new fields; one that the description does not know is a gap all the same.
    closed = {"additionalProperties": False}
    return {
        name: (closed | schema if "properties" in schema else schema)
        for name, schema in document()["components"]["schemas"].items()
    }


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": {"schemas": _closed_schemas()}}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@cache
def _addresses() -> list[tuple[re.Pattern[str], str]]:
    # Of two that fit, `listings/csv/` and `listings/{id}/`, the one without a placeholder is meant.
    paths = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(path))), path) for path in paths]


def _operation(method: str, path: str) -> Operation | None:
    for pattern, template in _addresses():
        if pattern.fullmatch(path):
            found = document()["paths"][template].get(method.lower())
            return found and Operation(f"{method} {template}", found["responses"])
    return None
