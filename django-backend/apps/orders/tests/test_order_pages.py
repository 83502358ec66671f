"""Pages of orders: what a buyer sees and can do with the link, and that a visit pays nothing."""

from typing import Any

import pytest
from django.test import Client

from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import statuses
from apps.orders.models import Order
from apps.orders.selectors.order_links import order_token
from apps.orders.testing.stories import ordered, paid_order
from apps.payments.models import Payment
from apps.payments.testing.stories import CREATE

pytestmark = pytest.mark.django_db
PROCESS, COMPLETED, CANCELED = "/payment/process/", "/payment/completed/", "/payment/canceled/"


@pytest.fixture
def order(listing: Listing, local_stripe: LocalStripe) -> Order:
    return ordered(listing)


@pytest.fixture
def buyer() -> Client:
    """Somebody without an account, in a browser that sends the tokens of forms."""
    return Client(enforce_csrf_checks=True)


def page(order: Order) -> str:
    return f"/orders/{order_token(order.id)}/"


def press(buyer: Client, of: Order, action: str, **fields: str) -> Any:
    """Open the page of an order and send one of its forms."""
    buyer.get(page(of))
    return buyer.post(action, {**fields, "csrfmiddlewaretoken": buyer.cookies["csrftoken"].value})


def status(order: Order) -> tuple[str, str]:
    order.refresh_from_db()
    assert order.payment
    order.payment.refresh_from_db()
    return order.status, order.payment.status


class TestPage:
    def test_shows_what_was_ordered(self, buyer: Client, order: Order) -> None:
        answer = buyer.get(page(order))
        text = answer.content.decode()
        assert answer.status_code == 200
        for words in (
            order.number,
            "Total: 200.00 USD",
            "seats 1 and 2",
            "Pay 200.00 USD",
            "Cancel the order",
            "for another 45",
        ):
            assert words in text, words
        assert "no-store" in answer.headers["Cache-Control"]
        assert 'content="noindex"' in text
        assert answer.headers["Referrer-Policy"] == "same-origin"

    def test_of_a_paid_order_has_no_button_to_pay(
        self, buyer: Client, listing: Listing, local_stripe: LocalStripe
    ) -> None:
        text = buyer.get(page(paid_order(local_stripe, listing))).content.decode()
        assert "The seats are yours." in text
        assert text.count("<button") == 1

    @pytest.mark.parametrize("token", ["x", "01a22fac-8e9e-7359-8832-45110e5999d1"])
    def test_needs_the_link(self, buyer: Client, order: Order, token: str) -> None:
        assert buyer.get(f"/orders/{token}/").status_code == 404
        assert press(buyer, order, f"/orders/{token}/cancel/").status_code == 404
        assert press(buyer, order, PROCESS, order=token).status_code == 404
        assert press(buyer, order, PROCESS).status_code == 404
        assert status(order) == ("pending", "pending")

    def test_is_gone_with_the_buyer(self, buyer: Client, order: Order) -> None:
        Order.objects.filter(id=order.id).update(erased_at=order.placed_at)
        assert buyer.get(page(order)).status_code == 404


class TestPaying:
    def test_leads_to_stripe_and_back(self, buyer: Client, order: Order, local_stripe: LocalStripe) -> None:
        """S0-03, S4-17: 303; Stripe gets cents, currency, our reference and both addresses, never the signed link."""
        answer = press(buyer, order, PROCESS, order=order_token(order.id))
        assert answer.status_code == 303, answer.content
        assert answer.headers["Location"].startswith(f"{local_stripe.url}/")
        [call] = local_stripe.calls(CREATE)
        sent = str(call)
        for words in ("line_items", "usd", str(order.id), "/payment/completed/", "/payment/canceled/"):
            assert words in sent, words
        assert order_token(order.id) not in sent
        again = press(buyer, order, PROCESS, order=order_token(order.id))
        assert again.headers["Location"] == answer.headers["Location"]
        assert page(order) in buyer.get(CANCELED).content.decode()

    def test_takes_forms_of_this_site_only(self, buyer: Client, order: Order, local_stripe: LocalStripe) -> None:
        for path in (PROCESS, f"{page(order)}cancel/"):
            assert buyer.post(path, {"order": order_token(order.id)}).status_code == 403
            assert buyer.get(path).status_code == 405
        assert local_stripe.calls(CREATE) == []
        assert status(order) == ("pending", "pending")

    def test_says_when_stripe_does_not_answer(self, buyer: Client, order: Order, local_stripe: LocalStripe) -> None:
        local_stripe.fault("drop", CREATE, times=5)
        answer = press(buyer, order, PROCESS, order=order_token(order.id))
        assert answer.status_code == 503
        assert "Stripe does not answer. Try again." in answer.content.decode()
        assert "Pay 200.00 USD" in answer.content.decode()


class TestReturn:
    """S0-17, S4-18: the address of a page pays nothing; Stripe is asked."""

    def test_to_completed_without_having_paid(self, buyer: Client, order: Order) -> None:
        press(buyer, order, PROCESS, order=order_token(order.id))
        answer = buyer.get(COMPLETED, {"payment": str(order.payment_id)})
        assert answer.status_code == 200
        assert "is being processed" in answer.content.decode()
        assert status(order) == ("pending", "pending")

    def test_after_paying(self, buyer: Client, order: Order, local_stripe: LocalStripe) -> None:
        press(buyer, order, PROCESS, order=order_token(order.id))
        local_stripe.pay(Payment.objects.get().attempts.get().session_id)
        answer = buyer.get(COMPLETED, {"payment": str(order.payment_id)})
        assert "Your payment has arrived" in answer.content.decode()
        assert status(order)[1] == "paid"

    @pytest.mark.parametrize("query", [{}, {"payment": "1"}, {"payment": "01a22fac-8e9e-7359-8832-45110e5999d1"}])
    def test_of_nobody(self, buyer: Client, query: dict[str, str]) -> None:
        for path, words in ((COMPLETED, "is being processed"), (CANCELED, "Nothing was paid")):
            answer = buyer.get(path, query)
            assert (answer.status_code, words in answer.content.decode()) == (200, True)

    def test_of_an_order_that_was_cancelled(self, buyer: Client, order: Order) -> None:
        press(buyer, order, f"{page(order)}cancel/")
        text = buyer.get(COMPLETED, {"payment": str(order.payment_id)}).content.decode()
        assert "This payment is cancelled." in text


class TestCancelling:
    def test_releases_the_seats(self, buyer: Client, order: Order, listing: Listing) -> None:
        answer = press(buyer, order, f"{page(order)}cancel/")
        assert (answer.status_code, answer.headers["Location"]) == (302, page(order))
        assert "Nothing was paid." in buyer.get(page(order)).content.decode()
        assert (status(order), statuses(listing)) == (("cancelled", "cancelled"), "listed aaaa")

    def test_says_why_it_cannot_be_done(self, buyer: Client, listing: Listing, local_stripe: LocalStripe) -> None:
        order = paid_order(local_stripe, listing)
        answer = press(buyer, ordered(listing), f"{page(order)}cancel/")
        assert answer.status_code == 409
        assert "cannot be paid or cancelled" in answer.content.decode()
        assert status(order) == ("paid", "paid")


def test_the_mail_is_sent_again(buyer: Client, listing: Listing, local_stripe: LocalStripe, order: Order) -> None:
    """S4-12: three times an hour; before there is a mail, the page says so."""
    assert press(buyer, order, f"{page(order)}mail/").status_code == 409
    paid = paid_order(local_stripe, listing)
    assert press(buyer, paid, f"{page(paid)}mail/").status_code == 302
    assert "The e-mail is on its way." in buyer.get(page(paid)).content.decode()
    answers = [press(buyer, paid, f"{page(paid)}mail/").status_code for _ in range(3)]
    assert answers == [302, 302, 429]


def test_the_mail_needs_the_link_and_the_token_of_the_form(
    buyer: Client, listing: Listing, local_stripe: LocalStripe
) -> None:
    paid = paid_order(local_stripe, listing)
    assert buyer.post(f"{page(paid)}mail/").status_code == 403
    assert press(buyer, paid, f"/orders/{paid.id}/mail/").status_code == 404
    assert paid.mails.count() == 1
