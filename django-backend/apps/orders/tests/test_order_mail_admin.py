"""Staff see the mails to buyers, and have those sent again that failed."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from apps.notifications.testing.mail_servers import smtp_server
from apps.orders.models import OrderMail
from apps.orders.testing.stories import BUYER, delivered
from apps.orders.tests.test_invoices import sold
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
PAGE = "/admin/orders/ordermail/"


def lost(settings: Any, answer: str) -> OrderMail:
    """Return a mail that the mail server did not take."""
    sold()
    backend = settings.EMAIL_BACKEND
    with smtp_server(answer) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        delivered()
    settings.EMAIL_BACKEND = backend
    mail.outbox.clear()
    return OrderMail.objects.latest("id")


def send_again(browser: Client, row: OrderMail) -> str:
    data = {"action": "send_again", "_selected_action": [str(row.id)]}
    return browser.post(PAGE, data, follow=True).content.decode()


@pytest.mark.parametrize(("answer", "state"), [("450 busy", "failed"), ("550 no such mailbox", "undeliverable")])
def test_what_failed_is_sent_again_at_once(settings: Any, answer: str, state: str) -> None:
    row = lost(settings, answer)
    assert row.state == state
    browser = staff_browser("view_ordermail", "change_ordermail")
    page = browser.get(PAGE, {"state__exact": state}).content.decode()
    assert row.order.number in page
    assert "1 mail will be sent now." in send_again(browser, row)
    delivered()
    row.refresh_from_db()
    assert (row.state, row.error, [one.to for one in mail.outbox if "confirmed" in one.subject]) == (
        "sent", "", [[BUYER.email]],
    )  # fmt: skip
    assert "is sent again" in send_again(browser, row)
    delivered()
    assert OrderMail.objects.count() == 1


def test_it_goes_to_the_address_that_the_order_has_by_then(settings: Any) -> None:
    row = lost(settings, "550 no such mailbox")
    row.order.email = "ana@example.com"
    row.order.save()
    send_again(staff_browser("view_ordermail", "change_ordermail"), row)
    delivered()
    assert [one.to for one in mail.outbox if "confirmed" in one.subject] == [["ana@example.com"]]


def test_only_staff_with_the_permission_send(settings: Any) -> None:
    row = lost(settings, "550 no such mailbox")
    viewer = staff_browser("view_ordermail")
    assert "Send again what failed" not in viewer.get(PAGE).content.decode()
    assert viewer.get(f"{PAGE}{row.id}/change/").status_code == 200
    send_again(viewer, row)
    assert staff_browser("view_cart").get(PAGE).status_code == 403
    assert staff_browser("view_cart").post(PAGE, {}).status_code == 403
    delivered()
    row.refresh_from_db()
    assert row.state == "undeliverable"
