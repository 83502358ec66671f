"""The pages, over HTTP and in a real browser, on a desktop and on a phone."""

import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sandbox.tests.stripe_shop import Inbox, Shop, inbox, shop_with
from sandbox.tests.test_page import DESKTOP, PHONE, browser

__all__ = ["browser"]
RIGHT = {"email": "ann@example.com", "name": "Ann", "number": "4242 4242 4242 4242", "expiry": "12/34", "cvc": "123"}


@pytest.fixture
def store_front() -> Iterator[Inbox]:
    """Where buyers return to; it answers anything."""
    with inbox() as found:
        yield found


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_with(methods=("card", "us_bank_account")) as found:
        yield found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def visit(url: str, form: dict[str, str] | None = None) -> tuple[int, str, Any]:
    """Return status, text and headers of a page."""
    data = urllib.parse.urlencode(form).encode() if form is not None else None
    try:
        answer = urllib.request.build_opener(_NoRedirect).open(url, data, timeout=10)
    except urllib.error.HTTPError as refused:
        answer = refused
    with answer:
        return answer.status, answer.read().decode(), answer.headers


class TestPayPage:
    def test_shows_the_order_and_leads_back(self, shop: Shop) -> None:
        session = shop.session(customer_email="ann@example.com")
        status, text, headers = visit(session.url)
        assert status == 200
        for shown in ("Tickets", "2 × $45.00", "$90.00", "ann@example.com", session.cancel_url):
            assert shown in text
        assert 'name="email"' not in text
        assert "form-action 'self' http://127.0.0.1:8000;" in headers["Content-Security-Policy"]
        assert "default-src 'none'" in headers["Content-Security-Policy"]
        status, _, headers = visit(session.url, RIGHT | {"email": "other@example.com"})
        assert (status, headers["Location"]) == (303, session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id))
        assert shop.v1.checkout.sessions.retrieve(session.id).customer_details.email == "ann@example.com"
        # Again, as with the button pressed twice: no second payment.
        assert visit(session.url, RIGHT)[0] == 303
        assert visit(session.url)[0] == 303
        assert len(shop.v1.charges.list().data) == 1

    def test_says_what_is_wrong_and_keeps_no_card(self, shop: Shop) -> None:
        session = shop.session()
        wrong = {"email": "ann@", "name": '<b>"Ann"', "number": "4000 0000 0000 0002", "expiry": "13/34", "cvc": "1"}
        status, text, _ = visit(session.url, wrong)
        assert status == 200
        assert text.count('aria-invalid="true"') == 3
        assert "&lt;b&gt;&quot;Ann&quot;" in text
        assert "0000 0002" not in text
        assert shop.v1.payment_intents.list().data == []
        assert "Your card was declined." in visit(session.url, RIGHT | {"number": wrong["number"]})[1]
        assert "future" in visit(session.url, RIGHT | {"expiry": "01/20"})[1]

    def test_is_closed_after_expiry_and_unknown_elsewhere(self, shop: Shop) -> None:
        session = shop.session()
        shop.v1.checkout.sessions.expire(session.id)
        assert "has expired" in visit(session.url)[1]
        assert "has expired" in visit(session.url, RIGHT)[1]
        assert visit(f"{shop.url}/c/pay/cs_test_none")[0] == 404
        assert shop.v1.charges.list().data == []

    def test_takes_bank_debits_and_orders_without_a_price(self, shop: Shop) -> None:
        debit = shop.session()
        assert visit(debit.url, {"email": "a@example.com", "name": "A", "method": "us_bank_account"})[0] == 303
        assert shop.v1.checkout.sessions.retrieve(debit.id).payment_status == "unpaid"
        assert visit(shop.session().url, RIGHT | {"method": "cash"})[0] == 400
        free = shop.session(amount=0)
        assert "Card number" not in visit(free.url)[1]
        assert visit(free.url, {"email": "a@example.com", "name": "A"})[0] == 303

    def test_index_lists_everything(self, shop: Shop) -> None:
        session, paid = shop.session(), shop.paid()
        text = visit(shop.url)[1]
        assert session.url in text
        assert paid.payment_intent.latest_charge.id in text
        assert "Early" not in text


@pytest.mark.stack
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_buyer_pays_by_keyboard(
    browser: Browser, shop: Shop, store_front: Inbox, viewport: Any, tmp_path: Path
) -> None:
    """Declined first; then the payment leads to the shop, which the policy of the page allows."""
    session = shop.session(
        success_url=f"{store_front.url}?id={{CHECKOUT_SESSION_ID}}", allowed_payment_method_types=["card"]
    )
    context = browser.new_context(viewport=viewport, locale="en-US")
    page: Page = context.new_page()
    page.goto(session.url)
    for number in ("4000000000009995", "4242424242424242"):
        page.get_by_label("E-mail").focus()
        for text in (RIGHT["email"], RIGHT["name"], number, "12/34", "123"):
            page.keyboard.press("Control+a")
            page.keyboard.type(text)
            page.keyboard.press("Tab")
        page.screenshot(path=tmp_path / f"{number}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
        page.keyboard.press("Enter")
        if number.endswith("9995"):
            expect(page.get_by_role("alert")).to_have_text("Your card has insufficient funds.")
    page.wait_for_url(f"{store_front.url}?id={session.id}")
    page.goto(shop.url)
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    context.close()
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
