"""The local Slack and a minimal app, each on its own port."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from slack_sdk import WebClient

from sandbox.slack.options import Options
from sandbox.slack.server import running
from sandbox.tests.app_double import SECRET, AppDouble, app_double

TOKEN = "xoxb-test"


class Clock:
    """Seconds since 1970 that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_790_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slack:
    """A running local Slack, its clock and the test interface."""

    url: str
    clock: Clock

    @property
    def client(self) -> WebClient:
        """Return a client that does not retry."""
        return WebClient(TOKEN, base_url=f"{self.url}/api/", timeout=5, retry_handlers=[])

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as response:
                return json.load(response)
        except urllib.error.HTTPError as refused:
            with refused:
                return json.load(refused) | {"http": refused.code}

    def messages(self, channel: str) -> list[dict[str, Any]]:
        return self.ask("GET", f"/channels/{channel}/messages")["messages"]

    def calls(self, method: str = "") -> list[dict[str, Any]]:
        return self.ask("GET", f"/calls?method={method}" if method else "/calls")["calls"]

    def press(self, ts: str, action_id: str, *, channel: str = "C1", user: str = "U01ADMIN", **more: Any) -> Any:
        pressed = {"user": user, "channel": channel, "ts": ts, "action_id": action_id, **more}
        return self.ask("POST", "/press", pressed)


@pytest.fixture
def app() -> Iterator[AppDouble]:
    with app_double() as double:
        yield double


@pytest.fixture
def options(app: AppDouble, tmp_path: Path) -> Options:
    return Options(database=str(tmp_path / "slack.sqlite3"), signing_secret=SECRET, app_url=app.url, token=TOKEN)


@pytest.fixture
def slack(options: Options) -> Iterator[Slack]:
    clock = Clock()
    with running(options, clock=clock) as url:
        yield Slack(url, clock)
