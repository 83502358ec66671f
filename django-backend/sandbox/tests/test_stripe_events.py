"""Events: signed, sent until they are taken, and what may happen to them on the way."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from sandbox.stripe.options import API_VERSION
from sandbox.tests.stripe_shop import SECRET, Inbox, Shop, inbox, session_parameters, shop_with


@pytest.fixture
def mailbox() -> Iterator[Inbox]:
    with inbox() as found:
        yield found


@pytest.fixture
def shop(mailbox: Inbox) -> Iterator[Shop]:
    with shop_with(webhook_url=mailbox.url, webhook_secret=SECRET, retry_seconds=(0.05, 0.2, 0.4)) as found:
        yield found


def new_customer(shop: Shop) -> Any:
    return shop.v1.customers.create(params={"email": "ann@example.com"})


class TestEvents:
    def test_are_signed_as_the_official_client_checks(self, shop: Shop, mailbox: Inbox) -> None:
        session = shop.paid()
        mailbox.of("checkout.session.completed")
        for body, signature in mailbox.received:
            event = shop.client.construct_event(body, signature, SECRET)
            assert event.api_version == stripe.api_version
            for secret, sent in (("whsec_wrong", body), (SECRET, body + b" ")):
                with pytest.raises(stripe.SignatureVerificationError):
                    shop.client.construct_event(sent, signature, secret)
        completed = mailbox.of("checkout.session.completed")
        assert completed["data"]["object"]["id"] == session.id
        assert {name for name in completed["data"]["object"] if name.startswith("_")} == set()
        assert shop.v1.events.retrieve(completed["id"]).type == completed["type"]
        assert completed["object"] == "event"

    def test_say_which_call_made_them(self, shop: Shop, mailbox: Inbox) -> None:
        made = shop.v1.customers.create(params={}, options={"idempotency_key": "k"})
        event = mailbox.of("customer.created")
        assert event["request"] == {"id": made.last_response.headers["Request-Id"], "idempotency_key": "k"}
        shop.paid()
        assert mailbox.of("checkout.session.completed")["request"] == {"id": None, "idempotency_key": None}

    def test_are_repeated_until_2xx_with_growing_waits(self, shop: Shop, mailbox: Inbox) -> None:
        mailbox.statuses = [500, 302, 404, 204]
        new_customer(shop)
        events = mailbox.wait(4)
        assert len({event["id"] for event in events}) == 1
        waits = [later - sooner for sooner, later in itertools.pairwise(mailbox.times)]
        assert all(waited >= planned for waited, planned in zip(waits, (0.05, 0.2, 0.4), strict=True)), waits
        end = time.monotonic() + 5
        while shop.v1.events.retrieve(events[0]["id"]).pending_webhooks and time.monotonic() < end:
            time.sleep(0.01)
        assert events[0]["pending_webhooks"] == 1
        assert shop.v1.events.retrieve(events[0]["id"]).pending_webhooks == 0
        (delivery,) = shop.ask("GET", "/sandbox/deliveries")["deliveries"]
        assert (delivery["state"], delivery["attempts"], delivery["status"]) == ("done", 4, 204)

    def test_of_a_rolled_back_call_do_not_exist(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            shop.v1.customers.create(params={"email": "a@example.com", "expand": ["name"]})
        assert shop.events() == []


class TestFaults:
    def test_lost_event_comes_when_it_is_sent_again(self, shop: Shop, mailbox: Inbox) -> None:
        shop.sandbox.add_fault("events", kind="lose", type="customer.created")
        new_customer(shop)
        shop.paid()
        mailbox.of("checkout.session.completed")
        assert "customer.created" not in mailbox.types()
        lost = shop.v1.events.list(params={"type": "customer.*"}).data[0]
        assert lost.pending_webhooks == 1
        shop.act("resend", event=lost.id)
        assert mailbox.of("customer.created")["id"] == lost.id

    def test_duplicate_delayed_and_reordered(self, shop: Shop, mailbox: Inbox) -> None:
        shop.sandbox.add_fault("events", kind="duplicate")
        customer = new_customer(shop)
        first, second = mailbox.wait(2)
        assert first["id"] == second["id"]
        shop.sandbox.add_fault("events", kind="reorder")
        for name in ("A", "B"):
            shop.v1.customers.update(customer.id, params={"name": name})
        assert [event["data"]["object"]["name"] for event in mailbox.wait(4)[2:]] == ["B", "A"]
        shop.sandbox.add_fault("events", kind="delay", seconds=0.3)
        changed_at = time.monotonic()
        shop.v1.customers.update(customer.id, params={"name": "C"})
        mailbox.wait(5)
        assert mailbox.times[4] - changed_at >= 0.3

    def test_stopped_webhooks_arrive_all_at_once(self, shop: Shop, mailbox: Inbox) -> None:
        shop.act("webhooks", paused=True)
        made = [new_customer(shop).id for _ in range(12)]
        assert mailbox.received == []
        assert shop.act("webhooks", paused=False, shuffled=True) == {"released": 12}
        arrived = [event["data"]["object"]["id"] for event in mailbox.wait(12)]
        assert sorted(arrived) == sorted(made)
        assert arrived != made  # one chance in 479 million


class TestEndpoints:
    def test_show_their_secret_once(self, shop: Shop, mailbox: Inbox) -> None:
        given = {"url": mailbox.url, "enabled_events": ["refund.created"], "api_version": stripe.api_version}
        made = shop.v1.webhook_endpoints.create(params=given)
        assert made.secret.startswith("whsec_")
        assert "secret" not in shop.v1.webhook_endpoints.retrieve(made.id).to_dict()
        listed = shop.v1.webhook_endpoints.list().data[0].to_dict()
        assert (listed["id"], listed["enabled_events"]) == (made.id, ["refund.created"])
        assert "secret" not in listed

    def test_get_what_they_asked_for_while_they_are_enabled(self, shop: Shop, mailbox: Inbox) -> None:
        endpoint = shop.v1.webhook_endpoints.list().data[0]
        update = shop.v1.webhook_endpoints.update
        update(endpoint.id, params={"enabled_events": ["customer.updated"]})
        customer = new_customer(shop)
        shop.v1.customers.update(customer.id, params={"name": "A"})
        assert update(endpoint.id, params={"disabled": True}).status == "disabled"
        shop.v1.customers.update(customer.id, params={"name": "B"})
        update(endpoint.id, params={"disabled": False})
        assert shop.v1.webhook_endpoints.delete(endpoint.id).deleted
        shop.v1.customers.update(customer.id, params={"name": "C"})
        shop.v1.webhook_endpoints.create(params={"url": mailbox.url, "enabled_events": ["*"]})
        shop.v1.customers.update(customer.id, params={"name": "D"})
        assert {event["data"]["object"]["name"] for event in mailbox.wait(1)} <= {"A", "D"}
        mailbox.of("customer.updated")
        deliveries = shop.ask("GET", "/sandbox/deliveries")["deliveries"]
        assert len(deliveries) == 2

    def test_are_refused(self, shop: Shop) -> None:
        right = {"url": "http://127.0.0.1:8000/x", "enabled_events": ["*"]}
        for wrong in (
            {"enabled_events": ["customer.renamed"]},
            {"api_version": "2020-08-27"},
            {"url": "x"},
            {"enabled_events": ""},
        ):
            with pytest.raises(stripe.InvalidRequestError):
                shop.v1.webhook_endpoints.create(params=right | wrong)
        for _ in range(15):
            shop.v1.webhook_endpoints.create(params=right)
        with pytest.raises(stripe.InvalidRequestError, match="maximum of 16"):
            shop.v1.webhook_endpoints.create(params=right)

    def test_sign_with_both_secrets_while_one_replaces_the_other(self, shop: Shop, mailbox: Inbox) -> None:
        endpoint = shop.v1.webhook_endpoints.list().data[0].id
        secret = shop.act("roll-secret", endpoint=endpoint)["secret"]
        new_customer(shop)
        mailbox.wait(1)
        body, signature = mailbox.received[0]
        for known in (SECRET, secret):
            assert shop.client.construct_event(body, signature, known).type == "customer.created"
        shop.act("roll-secret", endpoint=endpoint, keep_old=False)
        new_customer(shop)
        mailbox.wait(2)
        with pytest.raises(stripe.SignatureVerificationError):
            shop.client.construct_event(*mailbox.received[1], secret)


def test_everything_outlives_a_restart(mailbox: Inbox, tmp_path: Path) -> None:
    kept = {"database": str(tmp_path / "stripe.sqlite3"), "webhook_url": mailbox.url, "webhook_secret": SECRET}
    options = {"idempotency_key": "k"}
    with shop_with(**kept, retry_seconds=(0.2,)) as shop:
        mailbox.statuses = [500]
        session = shop.v1.checkout.sessions.create(params=session_parameters(), options=options)
        new_customer(shop)
        mailbox.wait(1)
    with shop_with(**kept | {"webhook_secret": "whsec_new"}) as shop:
        assert len(mailbox.wait(2)) == 2
        assert shop.client.construct_event(*mailbox.received[1], "whsec_new").type == "customer.created"
        assert shop.v1.checkout.sessions.create(params=session_parameters(), options=options).id == session.id
        assert [one.api_version for one in shop.v1.webhook_endpoints.list().data] == [API_VERSION]
        assert shop.books()["started"] == 10_000_000
