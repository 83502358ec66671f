"""Staff decide in Slack: the page of the local Slack in a real browser, the product behind it."""

import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from config.environment import BACKEND_DIR
from config.tests.live_server import STAFF_EMAIL, STAFF_PASSWORD, LiveServer, live_server
from config.tests.processes import wait_until

pytestmark = pytest.mark.stack
PATIENCE_MS = 20_000


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("live")) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(PATIENCE_MS)
    page.goto(server.slack_url)
    yield page
    page.close()


def listed(server: LiveServer, count: int) -> list[str]:
    """Have a holder list seats; return the ids. A season of events makes one message."""
    command = [sys.executable, "-m", "config.tests.slack_events", "list", str(count)]
    done = subprocess.run(command, cwd=BACKEND_DIR, env=server.environment, capture_output=True, text=True, check=True)
    ids: list[str] = json.loads(done.stdout)
    return ids


class Api:
    """The API as staff ask it."""

    def __init__(self, server: LiveServer) -> None:
        self.base = f"{server.url}/api/v1"
        answer = self._send("/accounts/app/v1/auth/login", {"email": STAFF_EMAIL, "password": STAFF_PASSWORD})
        self.token = answer["meta"]["access_token"]

    def status_of(self, listing: str) -> str:
        return str(self._send(f"/listings/{listing}/")["status"])

    def wait_for(self, listing: str, status: str) -> None:
        wait_until(lambda: self.status_of(listing) == status, details=lambda: self.status_of(listing))

    def _send(self, path: str, body: object = None) -> dict[str, object]:
        headers = {"Content-Type": "application/json"}
        if hasattr(self, "token"):
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.base}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: dict[str, object] = json.load(answer)
        return found


class TestDeciding:
    def test_a_press_lists_the_listing(self, page: Page, server: LiveServer) -> None:
        """S3-17, S3-53: list, message, click, listed; the message says who did it and has no buttons left."""
        [listing] = listed(server, 1)
        message = page.get_by_role("article").last
        message.get_by_role("button", name="Approve", exact=True).click()
        Api(server).wait_for(listing, "listed")
        expect(message).to_contain_text("1 listing approved by Sam · Slack", timeout=PATIENCE_MS)
        expect(message.get_by_role("button", name="Approve", exact=True)).to_have_count(0)

    def test_a_decline_asks_for_the_reason_that_the_holder_reads(self, page: Page, server: LiveServer) -> None:
        [listing] = listed(server, 1)
        message = page.get_by_role("article").last
        message.get_by_role("button", name="Decline…").click()
        question = page.get_by_role("dialog")
        expect(question).to_contain_text("Decline listings")
        question.get_by_label("Reason").fill("We do not sell <b>this</b> section.")
        question.get_by_role("button", name="Decline").click()
        Api(server).wait_for(listing, "declined")
        expect(message).to_contain_text("Reason: We do not sell <b>this</b> section.", timeout=PATIENCE_MS)

    def test_who_is_no_staff_is_refused_and_nothing_happens(self, page: Page, server: LiveServer) -> None:
        """Being in the channel gives no right."""
        [listing] = listed(server, 1)
        page.get_by_label("You are:").select_option(label="Gus Guest")
        message = page.get_by_role("article").last
        message.get_by_role("button", name="Approve", exact=True).click()
        expect(page.get_by_text("You have no staff account")).to_be_visible(timeout=PATIENCE_MS)
        assert Api(server).status_of(listing) == "pending"

    def test_a_command_lists_what_waits(self, page: Page, server: LiveServer) -> None:
        listed(server, 1)
        page.get_by_placeholder("/stt pending").fill("/stt pending")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_text("Waiting for a decision")).to_be_visible(timeout=PATIENCE_MS)
