"""Asks every address of the product for things that nobody would ask for, and notes what it cannot answer."""

import re
import traceback
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple
from unittest.mock import patch
from urllib.parse import quote

from django.contrib import admin
from django.contrib.admindocs.views import simplify_regex
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.test import Client
from django.test.client import ClientHandler
from django.urls import URLResolver, get_resolver

from apps.common.request_characters import Utf8Request
from apps.notifications.enums import NoticeKind
from apps.notifications.services.mail_preferences import mail_token
from apps.triage.testing.slack_forms import headers_for
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD
from config.tests.world import STAFF, UNKNOWN_ID, World, ids_below, known_ids

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
JSON: Final = "application/json"
TOKEN: Final = "token"
API: Final = ("/api/v1/", "/api/slack/")
_PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


class Route(NamedTuple):
    """An address: as the resolver has it, and how one with rows that exist is written."""

    pattern: str
    address: str

    def with_odd(self, text: str) -> str:
        """Return the address with this text, percent-encoded by the caller, where rows are named."""
        return "/" + _PARAMETER.sub(lambda _: text, self.pattern)


def routes(world: World) -> list[Route]:
    """Return every address that the product knows."""
    ids = known_ids(world)
    token = mail_token(user_id=world.holder.pk, kind=NoticeKind.values[0])
    patterns = sorted({simplify_regex(pattern).removeprefix("/") for pattern in _patterns(get_resolver().url_patterns)})
    return [Route(pattern, _address(pattern, ids, token)) for pattern in patterns]


def _patterns(found: list[Any], prefix: str = "") -> Iterator[str]:
    for pattern in found:
        whole = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, whole)
        else:
            yield whole


def _address(pattern: str, ids: Mapping[str, list[str]], token: str) -> str:
    parts = pattern.split("/")
    if parts[0] == "admin" and "<" in pattern:
        shown = (m for m in admin.site._registry if [m._meta.app_label, m._meta.model_name] == parts[1:3])
        row = next((model.objects.first() for model in shown), None)
        return "/" + _PARAMETER.sub(str(row.pk) if row else UNKNOWN_ID, pattern)
    known = {"token": token, "pk": (ids_below(ids, pattern) or [UNKNOWN_ID])[0], "refund": ids["refund"][0]}
    return "/" + _PARAMETER.sub(lambda found: quote(known.get(found[1], UNKNOWN_ID)), pattern)


class _Handler(ClientHandler):
    """Makes requests as config/wsgi.py does."""

    def __call__(self, environ: dict[str, Any]) -> HttpResponseBase:
        with patch("django.test.client.WSGIRequest", Utf8Request):
            return super().__call__(environ)


class _Client(Client):
    # As it is before the suite holds answers against the description: most of these requests belong to no operation.
    request = Client.request


class Sweep:
    """Sends requests of three people, undoes what they write, and keeps the failures."""

    def __init__(self, world: World) -> None:
        self.client = _Client(raise_request_exception=False)
        self.client.handler = _Handler(enforce_csrf_checks=False)
        self.sessions = {"nobody": None, "holder": _session(world.holder), "staff": _session(world.staff)}
        self.sent = 0
        self.failures: dict[str, str] = {}

    def person_for(self, address: str) -> str:
        """Return who is let in."""
        return "staff" if address.startswith((STAFF, "/admin/")) else "holder"

    def ask(
        self,
        method: str,
        address: str,
        body: bytes = b"",
        content_type: str = JSON,
        *,
        person: str = "",
        headers: Mapping[str, str] | None = None,
        expected: tuple[int, str] | None = None,
    ) -> HttpResponse:
        """Send one request; nothing that it writes stays. `expected` is the status and the code of the refusal."""
        label = f"{method} {address[:90]} {content_type[:60]} {body[:60]!r} {person} {str(headers or '')[:90]}"
        sent = self._headers(person or self.person_for(address), address, body)
        with transaction.atomic():
            try:
                answer = self.client.generic(method, address, body, content_type, headers={**sent, **(headers or {})})
                if answer.streaming:
                    b"".join(answer)
            except Exception as error:  # noqa: BLE001 - the product fails while it streams
                self.failures[label] = "".join(traceback.format_exception_only(error)).strip()
                answer = HttpResponse(status=500)
            transaction.set_rollback(True)
        self.sent += 1
        self._judge(label, address, answer, expected)
        return answer

    def _headers(self, person: str, address: str, body: bytes) -> dict[str, str]:
        self.client.cookies.clear()
        headers = headers_for(body) if address.startswith("/api/slack/") else {}
        if address.startswith(("/api/metrics/", "/api/v1/email-domains/")):
            headers["Authorization"] = f"Bearer {TOKEN}"
        if session := self.sessions[person]:
            self.client.cookies["sessionid"] = headers["X-Session-Token"] = session
        return headers

    def _judge(self, label: str, address: str, answer: HttpResponse, expected: tuple[int, str] | None) -> None:
        if answer.status_code >= 500:
            self.failures.setdefault(label, _cause(answer))
        elif answer.status_code >= 400 and address.startswith(API) and not has_standard_form(answer):
            self.failures[label] = f"no standard form: {answer.status_code} {answer.content[:90]!r}"
        elif expected and (answer.status_code, answer.json()["errors"][0]["code"]) != expected:
            self.failures[label] = f"not {expected}: {answer.status_code} {answer.content[:200]!r}"


def has_standard_form(answer: HttpResponse) -> bool:
    """Tell whether an error is in the one form of the API; an answer to HEAD has no body to look at."""
    if answer.wsgi_request.method == "HEAD":
        return True
    if answer.headers.get("Content-Type") != JSON:
        return False
    body = answer.json()
    return (
        body.get("type") in {"validation_error", "client_error"}
        and bool(body.get("errors"))
        and all(
            set(error) == {"code", "detail", "attr"} and error["code"] and error["detail"] for error in body["errors"]
        )
    )


def _cause(answer: HttpResponse) -> str:
    kind, error, trace = getattr(answer, "exc_info", None) or (None, None, None)
    if kind is None:
        return f"{answer.status_code} {answer.content[:100]!r}"
    frame = traceback.extract_tb(trace)[-1]
    return (
        f"{answer.status_code} {kind.__name__} in {frame.filename.rpartition('/')[2]}:{frame.name} {str(error)[:50]!r}"
    )


def _session(user: User) -> str:
    """Log in, send the password once more and return the key of the session."""
    client = AppClient()
    answer = client.accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
    token: str = answer.json()["meta"]["session_token"]
    again = client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD}, **{"X-Session-Token": token})
    assert again.status_code == 200, again.content
    return token
