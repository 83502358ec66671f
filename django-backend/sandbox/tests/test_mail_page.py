"""The pages of the local mail server in a real browser, on a desktop and on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.mail.server import running
from sandbox.tests.test_mail import Mailbox, new_mail
from sandbox.tests.test_page import DESKTOP, PHONE, browser

pytestmark = pytest.mark.stack
__all__ = ["browser"]
HOSTILE = """<p>Hello</p><script>top.document.title = document.title = 'owned'</script>
<img src=x onerror="top.document.title = 'owned'"><meta http-equiv="refresh" content="0;url=/mails">
<form action="/mails" method="post"><button>Send</button></form>
<a href="javascript:top.document.title='owned'">Script</a> <a href="/mails/1/source">Confirm</a>"""


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with running() as found:
        yield Mailbox(found, [])


@pytest.fixture(params=[DESKTOP, PHONE], ids=["desktop", "phone"])
def page(request: pytest.FixtureRequest, browser: Browser, mailbox: Mailbox, tmp_path: Path) -> Iterator[Page]:
    context = browser.new_context(viewport=request.param, locale="en-US")
    opened = context.new_page()
    opened.goto(mailbox.url)
    yield opened
    opened.screenshot(path=tmp_path / "page.png")
    width = opened.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert width <= request.param["width"]


class TestMailbox:
    def test_shows_new_mails_and_is_emptied(self, page: Page, mailbox: Mailbox) -> None:
        """By keyboard alone, with the page open all the time."""
        expect(page.get_by_text("No mail yet")).to_be_visible()
        mailbox.send(new_mail())
        first = page.get_by_role("link", name="Your seats")
        expect(first).to_be_visible()
        first.focus()
        mailbox.send(new_mail(subject="More seats " + "and more" * 30))
        expect(page.get_by_role("status")).to_contain_text("New mail: More seats")
        expect(first).to_be_focused()
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Your seats")
        page.get_by_role("link", name="All mails").press("Enter")
        page.get_by_role("button", name="Delete all").press("Enter")
        expect(page.get_by_text("No mail yet")).to_be_visible()
        assert mailbox.mails() == []

    def test_offers_no_button_before_its_script_runs(self, page: Page, mailbox: Mailbox) -> None:
        mailbox.send(new_mail())
        page.route("**/app.js", lambda route: route.abort())
        page.reload()
        expect(page.get_by_role("link", name="Your seats")).to_be_visible()
        expect(page.get_by_role("button")).to_have_count(0)

    def test_keeps_a_hostile_mail_in_its_frame(self, page: Page, mailbox: Mailbox) -> None:
        mailbox.send(new_mail(html=HOSTILE, subject="Hostile"))
        page.goto(f"{mailbox.url}/mails/1")
        frame = page.frame_locator("iframe")
        expect(frame.get_by_text("Hello")).to_be_visible()
        frame.get_by_role("button", name="Send").click()
        frame.get_by_role("link", name="Script").click(modifiers=["Shift"])
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="Confirm").click()
        opened.value.wait_for_url("**/mails/1/source")
        expect(page).to_have_title("Hostile · Local mailbox")
        assert [other.url for other in page.context.pages if "/html" in other.url] == []
        page.goto(f"{mailbox.url}/mails/1/html")  # outside its frame it has no rights either
        expect(page.get_by_text("Hello")).to_be_visible()
        assert page.title() == ""
