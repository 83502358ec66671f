"""Buyers become contacts of the CRM, once, whatever the CRM does meanwhile."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.notifications.models import OutboxMessage
from apps.orders.models import Order
from apps.orders.rules.names import first_and_last
from apps.orders.testing.stories import delivered
from apps.orders.tests.test_invoices import sold

pytestmark = pytest.mark.django_db
ANA = {"email": "ana.delacruz@example.com", "firstname": "Ana", "lastname": "de la Cruz"}


def message() -> OutboxMessage:
    return OutboxMessage.objects.get(topic="order.paid:crm")


def retry() -> None:
    """Deliver once more, after the pause that follows a failure."""
    delivered(message().available_at + timedelta(seconds=1))


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Ana de la Cruz", ("Ana", "de la Cruz")),
        ("  Bo \u00a0 Row ", ("Bo", "Row")),
        ("Cher", ("Cher", "")),
        ("李雷", ("李雷", "")),
    ],
)
def test_surnames_stay_whole(name: str, parts: tuple[str, str]) -> None:
    """S0-11."""
    assert first_and_last(name) == parts


def test_a_buyer_is_one_contact(crm: Any) -> None:
    """S0-10, S0-11: the second purchase updates the contact; one word leaves its last name as it is."""
    sold()
    delivered()
    assert list(crm.contacts.values()) == [ANA]
    second = sold()
    Order.objects.filter(id=second.id).update(name="Anita", email="Ana.delaCruz@example.com")
    delivered()
    assert list(crm.contacts.values()) == [{**ANA, "firstname": "Anita"}]
    assert crm.calls == 2


def test_a_crm_that_is_down_is_asked_again_and_the_order_goes_on(crm: Any, caplog: pytest.LogCaptureFixture) -> None:
    """S0-12, S0-15: two failures, then one contact; order and mail do not wait for it."""
    for kind in ("error_500", "drop", "rate_limit"):
        crm.fail(kind)
    order = sold()
    delivered()
    order.refresh_from_db()
    assert (order.status, order.mails.get().state, crm.contacts) == ("paid", "sent", {})
    retry()
    retry()
    assert (message().attempts, crm.contacts) == (3, {})
    assert message().available_at - timezone.now() > timedelta(seconds=10)
    retry()
    assert list(crm.contacts.values()) == [ANA]
    assert message().delivered_at
    assert ANA["email"] not in caplog.text


def test_a_refused_token_is_tried_again_and_a_refused_contact_is_not(crm: Any, settings: Settings) -> None:
    settings.HUBSPOT_ACCESS_TOKEN = "pat-old"
    order = sold()
    delivered()
    assert (message().dead_at, message().last_error.partition(" ")[0]) == (None, "crm_unanswered")
    settings.HUBSPOT_ACCESS_TOKEN = "pat-suite"
    Order.objects.filter(id=order.id).update(email="ana@bücher.example")
    retry()
    assert message().dead_at
    assert crm.contacts == {}


def test_nothing_is_sent_without_a_token_or_about_erased_buyers(crm: Any, settings: Settings) -> None:
    first = sold()
    Order.objects.filter(id=first.id).update(erased_at=timezone.now())
    delivered()
    settings.HUBSPOT_ACCESS_TOKEN = ""
    sold()
    delivered()
    assert crm.calls == 0
    assert not OutboxMessage.objects.filter(topic="order.paid:crm", delivered_at=None).exists()
