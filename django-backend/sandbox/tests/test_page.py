"""The page in a real browser, on a desktop and on a phone."""

import json
import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from werkzeug.wrappers import Response

from sandbox.tests.app_double import AppDouble, Received
from sandbox.tests.conftest import Slack
from sandbox.tests.messages import actions, button, listing_message, plain, reason_modal, section

pytestmark = pytest.mark.stack

DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, slack: Slack, tmp_path: Path) -> Iterator[Page]:
    """The page of a workspace with one channel; any error in it fails the test."""
    slack.client.chat_postMessage(channel="C1", text="Hello")
    context = browser.new_context(viewport=request.param, locale="en-US", timezone_id="America/New_York")
    opened, complaints = context.new_page(), []
    opened.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.goto(slack.url)
    expect(opened.get_by_role("article")).to_have_count(1)
    yield opened
    opened.screenshot(path=tmp_path / "page.png")
    width = opened.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert complaints == []
    assert width <= request.param["width"]


def message(page: Page, ts: str) -> Any:
    return page.locator(f'article[data-ts="{ts}"]')


def choose_user(page: Page, name: str) -> None:
    menu = page.get_by_role("button", name="Channels and faults")
    if menu.is_visible():
        menu.click()
    page.get_by_label("You are:").select_option(label=name)
    if menu.is_visible():
        menu.click()


class TestMessages:
    def test_appear_and_change_by_themselves(self, page: Page, slack: Slack) -> None:
        ts = slack.client.chat_postMessage(channel="C1", text="New", blocks=listing_message())["ts"]
        shown = message(page, ts)
        expect(shown.get_by_role("heading")).to_contain_text("New listings: Philadelphia Eagles")
        expect(shown).to_contain_text("Ann & Bob Fan listed 48 seats, waiting for @Local Admin")
        expect(shown.get_by_role("button")).to_have_text(["Approve all", "Review", "Decline"])
        shown.get_by_role("button", name="Review", exact=True).focus()
        slack.client.chat_update(channel="C1", ts=ts, text="x", blocks=[section("Approved by <@U02STAFF>")])
        expect(shown).to_contain_text("Approved by @Sam Staff")
        expect(shown).to_contain_text("(edited)")
        expect(page.get_by_role("article")).to_have_count(2)
        slack.client.chat_delete(channel="C1", ts=ts)
        expect(page.get_by_role("article")).to_have_count(1)

    def test_keep_the_focus_when_they_change(self, page: Page, slack: Slack) -> None:
        blocks = [section("First"), actions(button("Approve", "approve"))]
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
        message(page, ts).get_by_role("button").focus()
        slack.client.chat_update(channel="C1", ts=ts, text="x", blocks=[section("Second"), blocks[1]])
        expect(message(page, ts)).to_contain_text("Second")
        expect(message(page, ts).get_by_role("button")).to_be_focused()

    def test_for_one_user_are_seen_by_nobody_else(self, page: Page, slack: Slack) -> None:
        slack.client.chat_postEphemeral(channel="C1", user="U03GUEST", text="Only staff may do this")
        choose_user(page, "Gus Guest")
        expect(page.get_by_role("article").last).to_contain_text("Only visible to you")
        choose_user(page, "Local Admin")
        expect(page.get_by_text("Only staff may do this")).to_have_count(0)

    def test_cannot_put_markup_into_the_page(self, page: Page, slack: Slack) -> None:
        evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>\'"&lt;b&gt;'
        blocks = [
            section(evil),
            {"type": "header", "text": plain(evil)},
            actions(button(evil[:60], evil, value=evil, confirm={"title": plain(evil), "text": plain(evil)})),
        ]
        ts = slack.client.chat_postMessage(channel="C1", text=evil, blocks=blocks)["ts"]
        expect(message(page, ts).get_by_role("heading")).to_contain_text("<script>document.title=2</script>")
        assert page.locator("article img, article script, article b").count() == 0
        assert page.title() == "Local Slack"


class TestButtons:
    def test_are_sent_after_the_confirmation_and_lead_to_a_modal(
        self, page: Page, slack: Slack, app: AppDouble
    ) -> None:
        def answer(received: Received) -> Response:
            kind = received.payload["type"]
            if kind == "block_actions":
                client, trigger_id = slack.client, received.payload["trigger_id"]
                later = {"trigger_id": trigger_id, "view": reason_modal()}
                threading.Thread(target=client.views_open, kwargs=later).start()
                return Response("")
            if received.payload["view"]["state"]["values"]["reason"]["text"]["value"] == "Too dear":
                errors = {"response_action": "errors", "errors": {"reason": "Say more."}}
                return Response(json.dumps(errors), content_type="application/json")
            return Response("")

        app.answer = answer
        ts = slack.client.chat_postMessage(channel="C1", text="New", blocks=listing_message())["ts"]
        message(page, ts).get_by_role("button", name="Decline").click()
        asked = page.get_by_role("dialog", name="Decline?")
        expect(asked).to_contain_text("The holder Ann Fan is notified.")
        asked.get_by_role("button", name="Cancel").click()
        expect(asked).to_be_hidden()
        assert app.received == []

        message(page, ts).get_by_role("button", name="Decline").click()
        asked.get_by_role("button", name="Decline").click()
        modal = page.get_by_role("dialog", name="Decline listings")
        reason = modal.get_by_role("textbox", name="Reason")
        reason.fill("Too dear")
        modal.get_by_label("Kind").select_option(label="Price")
        modal.get_by_role("button", name="Decline").click()
        expect(modal).to_contain_text("Say more.")
        expect(reason).to_have_value("Too dear")
        expect(reason).to_have_accessible_description(re.compile("Say more"))
        slack.client.chat_postMessage(channel="C1", text="Meanwhile")
        expect(page.get_by_text("Meanwhile")).to_be_attached()
        expect(reason).to_have_value("Too dear")
        reason.fill("Far too dear")
        modal.get_by_role("button", name="Decline").click()
        expect(modal).to_be_hidden()
        kinds = [received.payload["type"] for received in app.received]
        assert kinds == ["block_actions", "view_submission", "view_submission"]

    def test_by_keyboard_and_by_another_user_say_who_pressed(self, page: Page, slack: Slack, app: AppDouble) -> None:
        choose_user(page, "Sam Staff")
        blocks = [actions(button("Approve", "approve"))]
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
        message(page, ts).get_by_role("button", name="Approve").press("Enter")
        expect(message(page, ts).locator("[aria-busy]")).to_have_count(0)
        assert app.last.payload["user"]["id"] == "U02STAFF"

    def test_say_when_the_app_does_not_respond(self, page: Page, slack: Slack, app: AppDouble) -> None:
        app.answer = lambda _: Response("", 500)
        blocks = [actions(button("Approve", "approve"))]
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
        message(page, ts).get_by_role("button").click()
        expect(page.get_by_role("alert")).to_have_text("The app did not respond")

    def test_with_a_link_open_it_and_are_sent_too(self, page: Page, slack: Slack, app: AppDouble) -> None:
        blocks = [actions(button("Open", "open", url=f"{slack.url}/channels"))]
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
        with page.context.expect_page() as opened:
            message(page, ts).get_by_role("button", name="Open", exact=True).click()
        assert opened.value.url == f"{slack.url}/channels"
        opened.value.close()
        expect(message(page, ts).locator("[aria-busy]")).to_have_count(0)
        assert app.last.payload["actions"][0]["action_id"] == "open"


class TestCommand:
    def test_is_typed_and_answered(self, page: Page, app: AppDouble) -> None:
        app.answer = lambda received: Response(f"You asked for {received.fields['text']}")
        page.get_by_label("Command").fill("/stt pending")
        page.get_by_label("Command").press("Enter")
        expect(page.get_by_role("article").last).to_contain_text("You asked for pending")
        expect(page.get_by_role("article").last).to_contain_text("Only visible to you")


class TestFaultPanel:
    def test_activates_faults_and_clears_them(self, page: Page, slack: Slack) -> None:
        menu = page.get_by_role("button", name="Channels and faults")
        if menu.is_visible():
            menu.click()
        page.get_by_text("Faults", exact=True).click()
        page.get_by_label("Fault", exact=True).select_option("lose_answer")
        page.get_by_label("Method").select_option("chat.postMessage")
        page.get_by_role("button", name="Add fault").click()
        expect(page.locator("#faults li")).to_have_text(["lose_answer for chat.postMessage, 1 more"])
        assert slack.ask("GET", "/faults")["faults"][0]["kind"] == "lose_answer"
        page.get_by_role("button", name="Clear all").click()
        expect(page.locator("#faults li")).to_have_count(0)
        assert slack.ask("GET", "/faults") == {"faults": []}
