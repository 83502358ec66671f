"""The WSGI application: the Web API with its faults, the page, and the interface for tests."""

import hmac
import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from hashlib import blake2s
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from sandbox.faults import Faults
from sandbox.serving import ConnectionCut, LocalApp, json_answer
from sandbox.slack.faults import NOT_DONE, Fault, Pace, fault_of
from sandbox.slack.handles import Handles, Refused
from sandbox.slack.interactions import Interactions
from sandbox.slack.mrkdwn import Scene
from sandbox.slack.options import ADMIN_ID, Options
from sandbox.slack.rendering import message_html, view_html
from sandbox.slack.store import Store
from sandbox.slack.web_api import WebApi, invalid

_NEWEST = 200  # as many messages as the page shows
RESPONSE_URL = "response_url"  # its name among the methods: in calls and faults
_URLS = Map(
    [
        Rule("/", endpoint="page", methods=["GET"]),
        Rule("/static/<name>", endpoint="static", methods=["GET"]),
        Rule("/state", endpoint="state", methods=["GET"]),
        Rule("/api/<method>", endpoint="api", methods=["POST"]),
        Rule("/respond/<response_id>", endpoint="respond", methods=["POST"]),
        Rule("/faults", endpoint="faults", methods=["GET", "POST", "DELETE"]),
        Rule("/calls", endpoint="calls", methods=["GET", "DELETE"]),
        Rule("/channels", endpoint="channels", methods=["GET"]),
        Rule("/channels/<channel>/messages", endpoint="messages", methods=["GET"]),
        Rule("/views", endpoint="views", methods=["GET"]),
        Rule("/<any(press, submit, close, command):act>", endpoint="act", methods=["POST"]),
    ]
)
# What people do: the method of Interactions, its fields, and those that may be left out.
_ACTS = {
    "press": (("user", "channel", "ts", "action_id"), {"block_id", "value"}),
    "submit": (("user", "view_id", "values"), set()),
    "close": (("user", "view_id"), set()),
    "command": (("user", "channel", "text"), set()),
}


class Sandbox(LocalApp):
    """One local Slack. `clock` returns seconds since 1970; `public_url` is its own address."""

    urls, static = _URLS, Path(__file__).parent / "static"

    def __init__(self, options: Options, public_url: str, clock: Callable[[], float] = time.time) -> None:
        self.options, self._clock = options, clock
        self.store, self._handles = Store(options.database, clock), Handles(clock)
        self._faults: Faults[Fault] = Faults()
        self._pace = Pace(options.per_second, clock)
        self._web_api = WebApi(options, self.store, self._handles)
        self._interactions = Interactions(options, self.store, self._handles, public_url)
        self._ended = threading.Event()
        for channel, name in options.channels:
            self.store.channel(channel, name)

    def close(self) -> None:
        """Release requests that wait and close the file."""
        self._ended.set()
        self.store.close()

    def add_fault(self, described: object) -> None:
        """Put a fault in force; see `fault_of`."""
        self._faults.add(fault_of(described))

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        request.get_data(cache=True)  # if the body were unread, a cut connection would look different to the client
        try:
            return super().answer(request)
        except sqlite3.ProgrammingError:
            if self._ended.is_set():  # the file was closed during the last request
                raise ConnectionCut from None
            raise

    def _on_api(self, request: Request, method: str) -> Response:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        token_right = scheme == "Bearer" and hmac.compare_digest(token.encode(), self.options.token.encode())
        unreadable = None
        try:
            params = _parameters(request)
        except Refused as refused:
            params, unreadable = {}, refused

        def done() -> dict[str, Any]:
            if unreadable:
                raise unreadable
            if not token_right:
                raise Refused("invalid_auth" if token else "not_authed")
            return self._web_api.call(method, params)

        number = self.store.begin_call(method, authorization=scheme, token_right=token_right, parameters=params)
        channel = str(params.get("channel", ""))
        if method == "chat.postMessage" and not self._pace.admits(channel):
            self.store.end_call(number, outcome="ratelimited", fault=None, done=False, ts=None)
            return _rate_limited(1)
        return self._carried_out(number, method, done)

    def _carried_out(self, number: int, method: str, do: Callable[[], dict[str, Any]]) -> Response:
        """Carry out a call, unless a fault prevents it, and answer it, unless a fault prevents that."""
        fault = self._faults.take(lambda fault: fault.method in {"*", method})
        kind = fault.kind if fault else None
        if fault and fault.kind in NOT_DONE:
            self.store.end_call(number, outcome="not_done", fault=kind, done=False, ts=None)
            return self._failed(fault)
        try:
            answer = do()
            outcome = "ok"
        except Refused as refused:
            outcome = refused.error
            answer = {"ok": False, "error": refused.error}
            if refused.messages:
                answer["response_metadata"] = {"messages": refused.messages}
        ts = answer.get("ts") or answer.get("message_ts")
        self.store.end_call(number, outcome=outcome, fault=kind, done=outcome == "ok", ts=ts)
        if kind == "lose_answer":
            raise ConnectionCut
        if fault and kind == "slow":
            self._ended.wait(fault.seconds)
        return json_answer(answer)

    def _failed(self, fault: Fault) -> Response:
        if fault.kind == "rate_limited":
            return _rate_limited(fault.retry_after)
        if fault.kind == "error_500":
            return json_answer({"ok": False, "error": "internal_error"}, 500)
        if fault.kind == "error_503_html":
            page = "<!DOCTYPE html><title>Slack</title><h1>Service unavailable</h1>"
            return Response(page, 503, content_type="text/html; charset=utf-8")
        if fault.kind == "timeout":
            self._ended.wait(fault.seconds)
        raise ConnectionCut

    def _on_respond(self, request: Request, response_id: str) -> Response:
        said = _object(request)

        def done() -> dict[str, Any]:
            self._interactions.respond(response_id, said)
            return {"ok": True}

        number = self.store.begin_call(RESPONSE_URL, authorization="", token_right=False, parameters=said)
        response = self._carried_out(number, RESPONSE_URL, done)
        error = (response.get_json() or {}).get("error") if response.is_json else None
        if error and response.status_code == 200:  # noqa: PLR2004 - unlike the Web API, this has an HTTP status for errors
            response.status_code = 404 if error.endswith("_url") else 400
        return response

    def _on_page(self, request: Request) -> Response:
        page = Path(__file__).parent / "templates" / "index.html"  # empty; its script fills it
        return Response(page.read_text(encoding="utf-8"), content_type="text/html; charset=utf-8")

    def _on_state(self, request: Request) -> Response:
        """Answer what a user sees of a channel, or only the revision if the page knows it already.

        Without a channel it is that of the newest message. Each message and modal has a version, so that the page
        replaces only what changed.
        """
        revision = self.store.revision  # read first: a change in between is shown now and fetched once more
        if request.args.get("revision") == revision:
            return json_answer({"revision": revision, "same": True})
        user, channel, channels = request.args.get("user", ADMIN_ID), request.args.get("channel"), self.store.channels()
        if not channel:
            channel = max(channels, key=lambda one: one["last_ts"])["id"] if channels else ""
        found = self.store.messages(channel, newest=_NEWEST)
        scene = self._scene(request.args.get("zone", "UTC"), channels)
        shown = [(one.ts, message_html(one, scene)) for one in found if one.ephemeral_for in {None, user}]
        return json_answer(
            {
                "revision": revision,
                "channel": channel,
                "channels": channels,
                "users": [{"id": one.id, "name": one.real_name} for one in self.options.users.values() if one.may_act],
                "messages": [{"ts": ts} | _versioned(html) for ts, html in shown],
                "views": [{"id": one.id} | _versioned(view_html(one, scene)) for one in self._handles.views(user)],
                "faults": self._listed(),
            }
        )

    def _scene(self, zone: str, channels: list[dict[str, str]]) -> Scene:
        names = {person.id: person.real_name for person in self.options.users.values()}
        names |= {channel["id"]: channel["name"] for channel in channels}
        try:
            zone_info = ZoneInfo(zone)
        except (KeyError, ValueError, OSError):
            zone_info = ZoneInfo("UTC")
        return Scene(names, datetime.fromtimestamp(self._clock(), UTC), zone_info)

    def _on_faults(self, request: Request) -> Response:
        if request.method == "POST":
            self.add_fault(_object(request))
        elif request.method == "DELETE":
            self._faults.clear()
        if request.method != "GET":
            self.store.touch()
        return json_answer({"faults": self._listed()})

    def _listed(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self._faults.listed()]

    def _on_calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.store.forget_calls()
        return json_answer({"calls": self.store.calls(request.args.get("method"))})

    def _on_channels(self, request: Request) -> Response:
        return json_answer({"channels": self.store.channels()})

    def _on_messages(self, request: Request, channel: str) -> Response:
        messages = [
            message.to_slack() | {"edited": message.edited_ts is not None, "ephemeral_for": message.ephemeral_for}
            for message in self.store.messages(channel)
        ]
        return json_answer({"channel": channel, "messages": messages})

    def _on_views(self, request: Request) -> Response:
        return json_answer({"views": self._interactions.views(request.args.get("user", ADMIN_ID))})

    def _on_act(self, request: Request, act: str) -> Response:
        names, optional = _ACTS[act]
        body = _object(request)
        if missing := [name for name in names if body.get(name) is None]:
            raise BadRequest(f"Missing: {', '.join(missing)}.")
        if unknown := body.keys() - {*names, *optional}:
            raise BadRequest(f"Unknown: {', '.join(sorted(unknown))}.")
        return json_answer(getattr(self._interactions, act)(**body))


def _versioned(html: str) -> dict[str, str]:
    return {"version": blake2s(html.encode(), digest_size=8).hexdigest(), "html": html}


def _rate_limited(seconds: int) -> Response:
    response = json_answer({"ok": False, "error": "ratelimited"}, 429)
    response.headers["Retry-After"] = str(seconds)
    return response


def _object(request: Request) -> dict[str, Any]:
    """Return the JSON body. Only JSON is read: a form on another site cannot send it."""
    if not request.is_json or not request.get_data():  # slack_sdk calls an empty body JSON
        raise UnsupportedMediaType("Send JSON.")
    body = request.get_json()
    if not isinstance(body, dict):
        raise BadRequest("Send a JSON object.")
    return body


def _parameters(request: Request) -> dict[str, Any]:
    """Return the parameters of a Web API call from its JSON or form body.

    Raises:
        Refused: The body is neither.
    """
    if not request.is_json or not request.get_data():  # slack_sdk calls an empty body JSON
        return request.form.to_dict() | request.args.to_dict()
    try:
        body = json.loads(request.get_data())
    except ValueError:
        raise Refused("invalid_json") from None
    if not isinstance(body, dict):
        raise invalid("the body must be an object")
    return body
