"""Buyers have the mail about their order sent again: whoever has the signed link, and nobody else."""

from typing import Any

import pytest
from django.core import mail
from rest_framework.test import APIClient

from apps.common.ids import uuid7
from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.notifications.models import OutboxMessage
from apps.orders.models import Order, OrderMail
from apps.orders.selectors.order_links import order_token
from apps.orders.testing.stories import BUYER, delivered, ordered
from apps.orders.tests.test_invoices import sold
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db


def resend(token: str, client: APIClient | None = None, **more: Any) -> Any:
    return (client or APIClient()).post(f"/api/v1/orders/{token}/resend-mail/", **more)


def confirmed() -> Order:
    """Return a paid order whose confirmation was sent."""
    order = sold()
    delivered()
    mail.outbox.clear()
    return order


def test_the_link_is_enough_and_the_mail_goes_to_the_address_of_the_order() -> None:
    order = confirmed()
    answer = resend(order_token(order.id))
    assert answer.status_code == 202
    row = OrderMail.objects.get(copy=1)
    assert answer.json() == {
        "mail": "paid",
        "email": BUYER.email,
        "queued_at": row.queued_at.isoformat().replace("+00:00", "Z"),
    }
    assert mail.outbox == []
    delivered()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([BUYER.email], f"Your order {order.number} is confirmed")
    assert [name for name, _, _ in sent.attachments] == ["INV-000001.pdf"]


def test_a_signed_in_owner_uses_the_same_link() -> None:
    user = UserFactory()
    order = confirmed()
    Order.objects.filter(id=order.id).update(user=user)
    assert resend(order_token(order.id), api_of(user)).status_code == 202


def test_three_times_in_an_hour_for_each_order() -> None:
    order, other = confirmed(), confirmed()
    for _ in range(3):
        assert resend(order_token(order.id)).status_code == 202
    answer = resend(order_token(order.id))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (429, "too_many_mails")
    assert 3_500 < int(answer["Retry-After"]) <= 3_600
    assert resend(order_token(other.id)).status_code == 202
    assert order.mails.count() == 4


@pytest.mark.parametrize("who", ["nobody", "another buyer", "staff"])
def test_other_links_open_nothing(who: str) -> None:
    """Neither the id, nor the number, nor a damaged or foreign token; signing in does not help."""
    order = confirmed()
    client = {"nobody": APIClient, "another buyer": lambda: api_of(UserFactory()), "staff": lambda: api_of(superuser())}
    token = order_token(order.id)
    damaged = token[:-1] + ("A" if token[-1] != "A" else "B")
    swapped = order_token(uuid7()).split(":")[0] + ":" + token.split(":")[1]
    for wrong in (str(order.id), order.number, damaged, swapped, order_token(uuid7())):
        answer = resend(wrong, client[who]())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (404, "order_unknown"), wrong
    Order.objects.filter(id=order.id).update(erased_at=order.placed_at)
    assert resend(token, client[who]()).status_code == 404
    delivered()
    assert (mail.outbox, order.mails.count()) == ([], 1)


def test_an_order_that_nobody_has_paid_has_no_mail(listing: Listing, settings: Any) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_suite"
    answer = resend(order_token(ordered(listing).id))
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (409, "order_has_no_mail")
    assert not OutboxMessage.objects.filter(topic="order.mail").exists()


def test_nothing_else_is_taken() -> None:
    """Above all no other address."""
    order = confirmed()
    answer = resend(order_token(order.id), data={"email": "eve@example.com"}, format="json")
    assert answer.status_code == 400
    assert APIClient().get(f"/api/v1/orders/{order_token(order.id)}/resend-mail/").status_code == 405
    assert order.mails.count() == 1
