"""Many buyers want the same seats at once, with whole requests from several processes."""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.common.testing.clients import api_of
from apps.common.testing.local_stripe import LocalStripe, post_event
from apps.common.testing.races import in_processes
from apps.common.testing.threads import at_once
from apps.listings.models import Hold, Ticket
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.testing.stories import on_sale
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.orders.models import Order, OrderLine, Sale
from apps.orders.services.carts import cart_line_add, visitor_cart_begin
from apps.orders.testing.stories import delivered
from apps.payments.models import Payment, PaymentAttempt, StripeEvent
from apps.payments.services.inbox import event_handle
from apps.season_tickets.testing.factories import SeasonTicketFactory

pytestmark = pytest.mark.django_db(transaction=True)
# `RACE_BUYERS=500 shell_scripts/run_tests.sh …` takes a minute.
BUYERS: Final = int(os.environ.get("RACE_BUYERS", "40"))
SEATS, PROCESSES, THREADS = 40, 4, 10
Answer = tuple[int, Any]


def check_out(buyer: int, token: str, quantity: int) -> Answer:
    """Send the request of one buyer, who has a network of their own."""
    client = api_of(None)
    client.credentials(HTTP_CART_TOKEN=token)
    body = {
        "name": f"Buyer {buyer}", "email": f"buyer{buyer}@example.com", "transfer_email": "fan@example.com",
        "terms_version": "1", "total": f"{quantity}00.00",
    }  # fmt: skip
    answer = client.post("/api/v1/checkout/", body, REMOTE_ADDR=f"198.51.{buyer // 250}.{buyer % 250}")
    return answer.status_code, answer.json()


def one_after_the_other(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    try:
        return [call() for call in calls]
    finally:
        connection.close()


def all_at_once(calls: Sequence[Callable[[], Answer]]) -> list[Answer]:
    """Make calls in threads of this process."""
    shares = [partial(one_after_the_other, calls[thread::THREADS]) for thread in range(THREADS)]
    answers: list[Answer] = []
    for share in at_once(*shares):
        assert isinstance(share, list), share
        answers += share
    return answers


def test_every_seat_is_sold_once_and_every_loser_is_told(
    local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S4-07: lots of two and of four, of a listing that is sold in pairs."""
    monkeypatch.setattr("apps.orders.services.order_mail_contents.invoice_pdf", lambda _: b"%PDF")
    block = SeasonTicketFactory(last_seat=SEATS)
    listing = on_sale(block=block, terms=ListingTerms(split_rule=SplitRule.PAIRS))
    calls = []
    for buyer in range(BUYERS):
        cart, token = visitor_cart_begin(now=timezone.now())
        quantity = 4 if buyer % 5 == 0 else 2
        cart_line_add(cart_id=cart.id, listing_id=listing.id, quantity=quantity, now=timezone.now())
        calls.append(partial(check_out, buyer, token, quantity))
    groups = in_processes([partial(all_at_once, calls[process::PROCESSES]) for process in range(PROCESSES)])
    answers = [answer for group in groups for answer in group]

    assert len(answers) == BUYERS
    won = [body for status, body in answers if status == 201]
    lost = [(status, body["errors"][0]["code"]) for status, body in answers if status != 201]
    assert sum(len(line["seats"]) for order in won for line in order["lines"]) == SEATS
    assert set(lost) == {(409, "seats_gone")}, Counter(lost)
    assert all(order["payment_url"] for order in won)
    # No orphans: each hold, payment and session belongs to an order that was answered.
    assert Order.objects.count() == OrderLine.objects.count() == len(won)
    assert Hold.objects.filter(released_at=None).count() == Payment.objects.count() == len(won)
    assert PaymentAttempt.objects.exclude(session_id="").count() == len(won)

    for attempt in PaymentAttempt.objects.all():
        local_stripe.pay(attempt.session_id)
        for event in local_stripe.events(attempt.session_id, "checkout.session.completed"):
            post_event(Client(), event)
    for event_id in StripeEvent.objects.values_list("id", flat=True):
        event_handle(event_id=event_id, now=timezone.now())
    delivered()
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
    assert Sale.objects.values("ticket").distinct().count() == Sale.objects.count() == SEATS
    assert set(Ticket.objects.filter(listing=listing).values_list("status", flat=True)) == {"sold"}
    assert not {one.name for one in INVARIANTS[:12] if one.find(now=timezone.now()).count}
