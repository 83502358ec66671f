"""Who may do what on each page of the admin and at each address of the API: one table for all apps."""

import re
from collections import defaultdict
from datetime import timedelta
from typing import Any, Final

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient
from unfold.admin import ModelAdmin

from apps.catalog.models import EventImport, FeedDifference, NameReading
from apps.common.models import IdempotencyRecord
from apps.common.testing.clients import api_of, browser_of
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory
from apps.listings.testing.stories import held_row
from apps.monitoring.services.invariants import invariants_check
from apps.notifications.models import MailOptOut, SlackMessage
from apps.orders.models import EventRefundRun, Invoice, OrderMail, Product
from apps.orders.services.carts import user_cart
from apps.orders.testing.coupons import coupon
from apps.payments.models import MoneyIncident, Payment, StripeEvent
from apps.reports.models import WeeklyReport
from apps.season_tickets.models import DistinctPlace
from apps.support.testing.factories import ContactMessageFactory
from apps.triage.models import SlackRequest, TriageMessage
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member, superuser
from config.tests.described_answers import document
from config.tests.world import UNKNOWN_ID, World
from config.tests.world import shared_world as shared_world  # noqa: PLC0414 - a fixture

pytestmark = pytest.mark.django_db
# What even a superuser may do besides looking; actions of their own are tests of the apps.
WRITABLE: Final = {
    "add change delete": {"league", "season", "team", "venue", "event", "group", "emailaddress"},
    "add change": {"user", "ticketholder", "commissionagreement", "marketplace", "coupon", "product"},
    "add": {"sale", "distinctplace"},
    "delete": {"namereading", "authenticator"},
}


@pytest.fixture(scope="module")
def rows(shared_world: World, django_db_blocker: DjangoDbBlocker) -> None:
    """A row of each model that the admin shows."""
    with django_db_blocker.unblock():
        now, event, staff = timezone.now(), shared_world.event, shared_world.staff
        league = event.season.league
        held_row(shared_world.listing, "1")
        CommissionAgreementFactory(valid_until=now.date() + timedelta(days=9))
        ContactMessageFactory()
        Group.objects.create(name="Clerks")
        EmailAddress.objects.create(user=UserFactory(), email="second@example.com")
        Authenticator.objects.create(user=staff, type="totp", data={})
        EventImport.objects.create(uploaded_by=staff, league=league, counts={}, payload_sha256="0" * 64, payload=b"")
        FeedDifference.objects.create(event=event, fact="venue", feed_says="A", we_had="B", noticed_at=now)
        NameReading.objects.create(league=league, name="A vs. B", skybox_venue_id=1, chosen_by=staff)
        IdempotencyRecord.objects.create(response_status=200, response_body={}, stored_at=now)
        DistinctPlace.objects.create(team=event.home_team, section="1", row="A", other_section="1", other_row="A.")
        MailOptOut.objects.create(user=staff, kind="sales", created_at=now)
        user_cart(user_id=staff.id, now=now)
        coupon()
        Product.objects.create(name="Guide", price_cents=500)
        message = SlackMessage.objects.create(channel="C1", text="x", blocks=[], created_at=now)
        TriageMessage.objects.create(kind="listings", slack_message=message, object_ids=[])
        SlackRequest.objects.create(kind="button", payload={}, received_at=now)
        terms = {"amount_cents": 500, "currency": "usd", "is_live": False, "moved_at": now, "checked_at": now}
        payment = Payment.objects.create(purpose="order", reference=UNKNOWN_ID, **terms)
        MoneyIncident.objects.create(
            payment=payment, kind="amount", expected={}, found={}, found_cents=1, opened_at=now
        )
        StripeEvent.objects.create(is_live=False, made_at=now, received_at=now)
        EventRefundRun.objects.create(event=event, begun_at=now, begun_by=staff)
        OrderMail.objects.create(order=shared_world.order, kind="paid", occasion=UNKNOWN_ID, queued_at=now)
        Invoice.objects.create(
            order=shared_world.order, kind="invoice", number=1, reference=UNKNOWN_ID, seller=["House"], lines=[],
            buyer={"name": "Ana", "email": "ana@example.com"}, currency="USD", subtotal_cents=0, fee_cents=0,
            discount_cents=0, total_cents=0, issued_at=now,
        )  # fmt: skip
        WeeklyReport.objects.create(channel="C1", week="2026-W47", starts_at=now, ends_at=now, made_at=now)
        invariants_check(now=now, by_beat=True)


def pages() -> list[Any]:
    return [pytest.param(page, id=page.opts.model_name) for page in admin.site._registry.values()]


def addresses(page: ModelAdmin) -> dict[str, str]:
    """Return the addresses of a page by what is done there, those of a row with a row that exists."""
    name, rows = f"admin:{page.opts.app_label}_{page.opts.model_name}", page.model._default_manager.order_by("pk")
    row = (rows.filter(is_staff=False) if page.model is User else rows).first()
    assert row is not None, "make a row of each model in `rows`"
    below = {action: reverse(f"{name}_{action}", args=[row.pk]) for action in ("change", "delete")}
    return {"view": reverse(f"{name}_changelist"), "add": reverse(f"{name}_add"), **below}


def statuses(client: Client, found: dict[str, str]) -> set[int]:
    """Return what looking at these addresses and sending forms there is answered with."""
    asked = [(client.get(url), client.post(url, {"post": "yes"})) for url in found.values()]
    return {answer.status_code for pair in asked for answer in pair}


@pytest.mark.usefixtures("rows")
@pytest.mark.parametrize("page", pages())
class TestAdmin:
    def test_is_closed_to_who_has_no_right(self, page: ModelAdmin) -> None:
        """S3-51: neither another right of staff opens a page nor an account."""
        found = addresses(page)
        other = "view_team" if page.opts.model_name == "venue" else "view_venue"
        assert statuses(browser_of(staff_member(other)), found) == {403}
        assert statuses(browser_of(UserFactory()), found) == statuses(Client(), found) == {302}

    def test_writes_nothing_with_the_right_to_view(self, page: ModelAdmin) -> None:
        found = addresses(page)
        viewer = browser_of(staff_member(f"view_{page.opts.model_name}"))
        assert viewer.get(found.pop("view")).status_code == viewer.get(found["change"]).status_code == 200
        assert {viewer.post(url, {"post": "yes"}).status_code for url in found.values()} == {403}

    def test_lets_a_superuser_do_what_the_table_says(self, page: ModelAdmin) -> None:
        found, chief = addresses(page), browser_of(superuser())
        del found["view"]
        done = [name for name, url in found.items() if chief.post(url, {"post": "yes"}).status_code != 403]
        assert " ".join(done) == next((may for may, names in WRITABLE.items() if page.opts.model_name in names), "")


def test_the_staff_group_may_look_at_every_page_of_the_business() -> None:
    """Of accounts, groups, second factors and stored answers it sees the people alone."""
    pages = {f"{page.opts.app_label}.view_{page.opts.model_name}" for page in admin.site._registry.values()}
    accounts = {
        "account.view_emailaddress",
        "auth.view_group",
        "mfa.view_authenticator",
        "common.view_idempotencyrecord",
    }
    assert pages - set(settings.STAFF_GROUP_PERMISSIONS) == accounts


def ours() -> list[tuple[str, str, dict[str, Any]]]:
    """Return method, address and description of our operations; allauth's answer in a way of their own.

    From the file in docs: what the code says of itself changes with its permissions.
    """
    return [
        (method.upper(), re.sub(r"{\w+}", UNKNOWN_ID, path), operation)
        for path, item in document()["paths"].items()
        if "/accounts/" not in path
        for method, operation in item.items()
    ]


class TestApi:
    def test_refuses_strangers_wherever_it_asks_for_an_account(self) -> None:
        """S3-49; who writes to the house, or fills a cart, may have an account."""
        login = {"accessToken": []}
        ways = [(method, path, operation["security"]) for method, path, operation in ours()]
        closed = [(method, path) for method, path, ways_in in ways if login in ways_in and {} not in ways_in]
        assert len(closed) > 40
        open_ = [way for way in closed if APIClient().generic(*way).status_code != 401]
        assert open_ == []

    def test_refuses_everybody_else_where_staff_decide(self) -> None:
        """S3-51: neither holders nor staff without the permission."""
        ways = [(method, path) for method, path, _ in ours() if "/staff/" in path]
        assert len(ways) > 20
        for user in (TicketHolderFactory().user, staff_member("view_venue")):
            client = api_of(user)
            assert [way for way in ways if client.generic(*way).status_code != 403] == []

    def test_takes_no_method_that_is_not_described(self) -> None:
        """S3-51: nothing is written where the description only reads."""
        methods = defaultdict(set)
        for method, path, _ in ours():
            methods[path].add(method)
        client = api_of(TicketHolderFactory(user__superuser=True).user)
        for path, described in methods.items():
            for method in {"GET", "POST", "PUT", "PATCH", "DELETE"} - described:
                assert client.generic(method, path).status_code == 405, (method, path)
