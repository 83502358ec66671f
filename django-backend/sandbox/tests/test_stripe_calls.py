"""The calls through the official client: what is accepted, refused, listed and expanded."""

import base64
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from sandbox.tests.stripe_shop import KEY, Shop, client, session_parameters, shop_with


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_with() as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[Shop]:
    """A shop for tests that do not look at what others leave."""
    with shop_with() as found:
        yield found


def refusal(shop: Shop, **parameters: Any) -> stripe.StripeError:
    """Return the error about a session with these parameters."""
    with pytest.raises(stripe.StripeError) as refused:
        shop.session(**parameters)
    return refused.value


def line(**price: Any) -> dict[str, Any]:
    return {
        "price_data": {"currency": "usd", "unit_amount": 1_000, "product_data": {"name": "x"}} | price,
        "quantity": 1,
    }


class TestSessions:
    @pytest.fixture
    def shop(self, shared: Shop) -> Shop:
        return shared

    def test_are_made_as_asked(self, shop: Shop) -> None:
        session = shop.session(
            customer_email="ann@example.com",
            client_reference_id="o1",
            metadata={"order": "1", "empty": ""},
            payment_intent_data={"metadata": {"order": "1"}},
        )
        assert session.id.startswith("cs_test_")
        assert session.url == f"{shop.url}/c/pay/{session.id}"
        assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
        assert (session.amount_total, session.currency, session.livemode) == (9_000, "usd", False)
        assert session.expires_at - session.created == 86_400
        assert (session.metadata.to_dict(), session.adaptive_pricing.enabled) == ({"order": "1"}, False)
        lines = shop.v1.checkout.sessions.line_items.list(session.id)
        assert [(one.quantity, one.amount_total, one.description) for one in lines.data] == [(2, 9_000, "Tickets")]

    @pytest.mark.parametrize(
        ("given", "code", "param"),
        [
            ({"ui_mode": "hosted"}, None, "ui_mode"),
            ({"mode": "buy"}, None, "mode"),
            ({"colour": "red"}, "parameter_unknown", "colour"),
            ({"line_items": [line(price=1)]}, "parameter_unknown", "line_items[0][price_data][price]"),
            ({"line_items": [{"quantity": 1}]}, "parameter_missing", "line_items[0][price_data]"),
            (
                {"line_items": [line(unit_amount="1.5")]},
                "parameter_invalid_integer",
                "line_items[0][price_data][unit_amount]",
            ),
            ({"line_items": [line() | {"quantity": 0}]}, "parameter_invalid_integer", "line_items[0][quantity]"),
            ({"line_items": "x"}, None, "line_items"),
            ({"line_items": [line(currency="xyz")]}, None, "line_items[0][price_data][currency]"),
            ({"line_items": [line(), line(currency="eur")]}, None, "line_items"),
            ({"line_items": [line(unit_amount=49)]}, "amount_too_small", None),
            ({"line_items": [line(unit_amount=99_999_999), line()]}, "amount_too_large", None),
            ({"line_items": []}, "parameter_missing", "line_items"),
            ({"success_url": "/ok"}, "url_invalid", "success_url"),
            ({"customer_email": "ann"}, "email_invalid", "customer_email"),
            ({"customer_email": ""}, "parameter_invalid_empty", "customer_email"),
            ({"customer_email": "a@example.com", "customer": "cus_1"}, None, "customer"),
            ({"customer": "cus_1"}, "resource_missing", "customer"),
            ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
            ({"metadata": {"k" * 41: "x"}}, None, "metadata"),
            ({"metadata": {"k": "x" * 501}}, None, "metadata"),
            ({"metadata": {str(n): "x" for n in range(51)}}, None, "metadata"),
            ({"metadata": "x"}, None, "metadata"),
            ({"adaptive_pricing": {"enabled": "yes"}}, None, "adaptive_pricing[enabled]"),
            ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
            ({"payment_method_types": ["card"]}, "parameter_unknown", "payment_method_types"),
            ({"allowed_payment_method_types": ["cash"]}, None, "allowed_payment_method_types[0]"),
            ({"allowed_payment_method_types": ["us_bank_account"]}, None, "allowed_payment_method_types"),
            ({"mode": "subscription"}, "local_not_modelled", "mode"),
            ({"discounts": [{"coupon": "x"}]}, "local_not_modelled", "discounts"),
            ({"automatic_tax": {"enabled": True}}, "local_not_modelled", "automatic_tax[enabled]"),
        ],
        ids=str,
    )
    def test_are_refused(self, shop: Shop, given: dict[str, Any], code: str | None, param: str | None) -> None:
        refused = refusal(shop, **given)
        assert isinstance(refused, stripe.InvalidRequestError)
        assert (refused.code, refused.param, refused.http_status) == (
            code,
            param,
            404 if code == "resource_missing" else 400,
        )

    def test_without_what_they_need_are_refused(self, shop: Shop) -> None:
        for name in ("mode", "line_items", "success_url"):
            given = session_parameters()
            del given[name]
            with pytest.raises(stripe.InvalidRequestError) as refused:
                shop.v1.checkout.sessions.create(params=given)
            assert (refused.value.code, refused.value.param) == ("parameter_missing", name)

    def test_texts_of_errors_are_those_of_stripe(self, shop: Shop) -> None:
        assert str(refusal(shop, ui_mode="hosted").user_message) == (
            "Invalid ui_mode: must be one of hosted_page, embedded_page, elements, or form"
        )
        assert refusal(shop, customer_data=1, x=2).user_message == "Received unknown parameters: customer_data, x"
        assert refusal(shop, custmer_email="x").user_message == (
            "Received unknown parameter: custmer_email. Did you mean customer_email?"
        )
        assert refusal(shop, line_items=[line(unit_amount=49)]).user_message == (
            "The Checkout Session's total amount due must add up to at least $0.50 usd"
        )

    def test_live_from_half_an_hour_to_a_day(self, shop: Shop) -> None:
        now = int(time.time())
        for seconds, least in ((1_700, "at least 30 minutes"), (86_500, "less than 24 hours")):
            refused = refusal(shop, expires_at=now + seconds)
            assert refused.param == "expires_at"
            assert least in str(refused)
        assert shop.session(expires_at=now + 1_860).expires_at == now + 1_860


class TestKeys:
    @pytest.fixture
    def shop(self, shared: Shop) -> Shop:
        return shared

    @pytest.mark.parametrize(
        ("key", "text"),
        [
            ("sk_test_wrong9999", "Invalid API Key provided: sk_test_"),
            ("sk_live_1234567890", "Invalid API Key"),
            ("pk_test_x", "publishable"),
        ],
    )
    def test_wrong_ones_are_refused(self, shop: Shop, key: str, text: str) -> None:
        with pytest.raises(stripe.AuthenticationError, match=text):
            client(shop.url, key).v1.balance.retrieve()

    def test_basic_is_accepted_and_no_key_refused(self, shop: Shop) -> None:
        basic = base64.b64encode(f"{KEY}:".encode()).decode()
        assert shop.ask("GET", "/v1/balance", Authorization=f"Basic {basic}")["object"] == "balance"
        for header in ("", "Basic !", f"Token {KEY}"):
            assert shop.ask("GET", "/v1/balance", Authorization=header)["http"] == 401

    def test_version_type_and_address_must_be_known(self, shop: Shop) -> None:
        right = {"Authorization": f"Bearer {KEY}"}
        for version, status in (("2026-10-28.endive", None), ("2020-08-27", 400)):
            assert shop.ask("GET", "/v1/balance", **right, Stripe_Version=version).get("http") == status
        assert (
            shop.ask("GET", "/v1/balance", **right, Stripe_Account="acct_local")["error"]["code"]
            == "local_not_modelled"
        )
        assert "form-urlencoded" in shop.ask("POST", "/v1/customers", {}, **right)["error"]["message"]
        for method, path in (("GET", "/v1/tokens"), ("DELETE", "/v1/charges")):
            refused = shop.ask(method, path, **right)
            assert refused["http"] == 404
            assert refused["error"]["message"].startswith(f"Unrecognized request URL ({method}: {path})")

    def test_other_hosts_are_refused(self, shop: Shop) -> None:
        assert shop.ask("GET", "/sandbox/books", Host="evil.example")["http"] == 400


class TestReading:
    def test_lists_come_in_pages_newest_first(self, shop: Shop) -> None:
        ids = [shop.v1.customers.create(params={"email": f"{n}@example.com"}).id for n in range(5)][::-1]
        customers = shop.v1.customers
        first = customers.list(params={"limit": 2})
        assert ([one.id for one in first.data], first.has_more) == (ids[:2], True)
        last = customers.list(params={"limit": 3, "starting_after": ids[1]})
        assert ([one.id for one in last.data], last.has_more) == (ids[2:], False)
        before = customers.list(params={"limit": 1, "ending_before": ids[2]})
        assert ([one.id for one in before.data], before.has_more) == ([ids[1]], True)
        assert [one.id for one in first.auto_paging_iter()] == ids
        assert [one.id for one in customers.list(params={"email": "0@example.com"}).data] == ids[4:]
        assert customers.list(params={"created": {"gt": int(time.time()) + 5}}).data == []
        for wrong in (
            {"limit": 101},
            {"limit": 0},
            {"starting_after": "cus_none"},
            {"name": "x"},
            {"created": {"min": 1}},
        ):
            with pytest.raises(stripe.InvalidRequestError):
                customers.list(params=wrong)

    def test_sessions_are_found_by_payment_intent(self, shop: Shop) -> None:
        shop.paid()
        paid = shop.paid()
        found = shop.v1.checkout.sessions.list(params={"payment_intent": paid.payment_intent.id})
        assert [one.id for one in found.data] == [paid.id]
        assert shop.v1.checkout.sessions.list(params={"status": "open"}).data == []

    def test_objects_are_expanded(self, shop: Shop) -> None:
        paid = shop.paid(customer_creation="always")
        sessions = shop.v1.checkout.sessions
        paths = ["payment_intent.latest_charge.balance_transaction", "customer", "line_items"]
        found = sessions.retrieve(paid.id, params={"expand": paths})
        assert found.payment_intent.latest_charge.balance_transaction.type == "charge"
        assert (found.customer.email, found.line_items.data[0].amount_total) == ("buyer@example.com", 9_000)
        listed = sessions.list(params={"expand": ["data.payment_intent"]})
        assert listed.data[0].payment_intent.status == "succeeded"
        source = shop.v1.balance_transactions.list(params={"type": "charge", "expand": ["data.source"]}).data[0].source
        assert source.object == "charge"
        for wrong in ("amount_total", "payment_intent.metadata", "data.customer", "a.b.c.d.e"):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                sessions.retrieve(paid.id, params={"expand": [wrong]})
            assert refused.value.param == "expand"

    def test_what_is_not_there_is_404(self, shop: Shop) -> None:
        paid = shop.paid()
        for name, retrieve in (
            ("charge", shop.v1.charges.retrieve),
            ("payment_intent", shop.v1.payment_intents.retrieve),
        ):
            with pytest.raises(stripe.InvalidRequestError, match=f"No such {name}: '{paid.id}'") as refused:
                retrieve(paid.id)
            assert (refused.value.http_status, refused.value.code, refused.value.param) == (
                404,
                "resource_missing",
                "id",
            )

    def test_customers_are_changed_in_part(self, shop: Shop) -> None:
        customer = shop.v1.customers.create(params={"email": "a@example.com", "metadata": {"a": "1", "b": "2"}})
        changed = shop.v1.customers.update(
            customer.id, params={"name": "Ann", "email": "", "metadata": {"a": "", "c": "3"}}
        )
        assert (changed.name, changed.email, changed.metadata.to_dict()) == ("Ann", None, {"b": "2", "c": "3"})
        assert shop.v1.customers.update(customer.id, params={"metadata": ""}).metadata.to_dict() == {}
        event = shop.v1.events.list(params={"type": "customer.updated"}).data[-1]
        assert event.data.previous_attributes["name"] is None
        assert [one.type for one in shop.v1.events.list(params={"types": ["customer.created"]}).data] == [
            "customer.created"
        ]


class TestIdempotency:
    def create(self, shop: Shop, key: str, retries: int = 0, **more: Any) -> Any:
        return client(shop.url, retries=retries).v1.checkout.sessions.create(
            params=session_parameters(**more), options={"idempotency_key": key}
        )

    def test_repeated_call_gets_the_stored_answer(self, shop: Shop) -> None:
        first, again = self.create(shop, "k"), self.create(shop, "k")
        assert first.id == again.id
        headers = [answer.last_response.headers for answer in (first, again)]
        assert [each.get("Idempotent-Replayed") for each in headers] == [None, "true"]
        assert headers[1]["Original-Request"] == headers[0]["Request-Id"] != headers[1]["Request-Id"]
        assert len(shop.v1.checkout.sessions.list().data) == 1
        assert [call["replayed"] for call in shop.ask("GET", "/sandbox/calls")["calls"]][:2] == [False, True]

    def test_key_is_for_one_call_only(self, shop: Shop) -> None:
        self.create(shop, "k")
        with pytest.raises(stripe.IdempotencyError, match="same parameters they were first used with"):
            self.create(shop, "k", amount=1)
        with pytest.raises(stripe.IdempotencyError, match="same endpoint"):
            shop.v1.customers.create(params={}, options={"idempotency_key": "k"})
        with pytest.raises(stripe.InvalidRequestError, match="at most 255"):
            self.create(shop, "k" * 256)

    def test_key_is_forgotten_after_a_day(self, shop: Shop) -> None:
        first = self.create(shop, "k")
        shop.act("advance", seconds=86_500)
        assert self.create(shop, "k").id != first.id

    def test_refused_parameters_are_not_stored_and_errors_of_execution_are(self, shop: Shop) -> None:
        with pytest.raises(stripe.InvalidRequestError):
            self.create(shop, "k", colour="red")
        assert self.create(shop, "k").status == "open"
        charge = shop.paid().payment_intent.latest_charge.id
        given = {"params": {"charge": charge, "amount": 9_001}, "options": {"idempotency_key": "r"}}
        for replayed in (None, "true"):
            with pytest.raises(stripe.InvalidRequestError) as refused:
                shop.v1.refunds.create(**given)
            assert refused.value.headers.get("Idempotent-Replayed") == replayed

    @pytest.mark.parametrize(("kind", "sessions"), [("error_500", 0), ("error_500_after", 1)])
    def test_500_is_stored_whether_or_not_anything_was_done(self, shop: Shop, kind: str, sessions: int) -> None:
        shop.sandbox.add_fault("calls", kind=kind)
        for _ in range(2):
            with pytest.raises(stripe.APIError) as failed:
                self.create(shop, "k", retries=2)  # the answer asks not to retry
            assert failed.value.http_status == 500
        assert len(shop.v1.checkout.sessions.list().data) == sessions
        assert self.create(shop, "another").status == "open"

    @pytest.mark.parametrize(
        ("kind", "error", "sessions"),
        [
            ("error_503", stripe.APIError, 0),
            ("rate_limit", stripe.RateLimitError, 0),
            ("lock_timeout", stripe.RateLimitError, 0),
            ("conflict", stripe.APIError, 0),
            ("timeout", stripe.APIConnectionError, 0),
            ("drop", stripe.APIConnectionError, 0),
            ("lose_answer", stripe.APIConnectionError, 1),
        ],
    )
    def test_other_faults_pass(self, shop: Shop, kind: str, error: type[Exception], sessions: int) -> None:
        shop.sandbox.add_fault("calls", kind=kind, seconds=0.05)
        with pytest.raises(error):
            self.create(shop, "k")
        assert len(shop.v1.checkout.sessions.list().data) == sessions
        assert self.create(shop, "k").status == "open"
        assert len(shop.v1.checkout.sessions.list().data) == 1

    def test_key_in_use_is_409(self, shop: Shop) -> None:
        shop.sandbox.add_fault("calls", kind="slow", seconds=0.5)
        slow = threading.Thread(target=self.create, args=(shop, "k"))
        slow.start()
        while "k" not in shop.sandbox._api._in_use:
            time.sleep(0.01)
        with pytest.raises(stripe.APIError) as refused:
            self.create(shop, "k")
        slow.join()
        assert (refused.value.http_status, refused.value.json_body["error"]["code"]) == (409, "idempotency_key_in_use")

    def test_sixteen_at_once_make_one_session(self, shop: Shop) -> None:
        """With keys they make one; without, each its own, and nothing gets lost."""
        for key, count in (("k", 1), (None, 17)):
            made: list[str] = []

            def create(key: str | None = key, made: list[str] = made) -> None:
                options = {"idempotency_key": key} if key else {}
                found = client(shop.url, retries=8).v1.checkout.sessions.create(
                    params=session_parameters(), options=options
                )
                made.append(found.id)

            threads = [threading.Thread(target=create) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(made) == 16
            assert len(set(made)) == (1 if key else 16)
            assert len(shop.v1.checkout.sessions.list(params={"limit": 100}).data) == count


def test_faults_that_do_not_exist_are_refused(shop: Shop) -> None:
    for of, wrong in (
        ("calls", {"kind": "x"}),
        ("calls", {"kind": "drop", "times": 0}),
        ("calls", {"kind": "drop", "seconds": -1}),
        ("calls", {"kind": "drop", "colour": 1}),
        ("events", {"kind": "drop"}),
    ):
        assert shop.ask("POST", f"/sandbox/faults/{of}", wrong)["http"] == 400
    assert shop.ask("POST", "/sandbox/faults/events", {"kind": "lose", "times": None})["faults"][0]["times"] is None
    assert shop.ask("DELETE", "/sandbox/faults/events") == {"faults": []}
    assert shop.ask("POST", "/sandbox/pay", {"session": "cs_none"})["http"] == 400
    assert shop.ask("POST", "/sandbox/pay", {"colour": "red"})["http"] == 400
    wrong: list[tuple[str, dict[str, Any], str]] = [
        ("pay", {}, "Missing fields: session."),
        ("pay", {"session": ["a"]}, "session must be a text."),
        ("expire", {"session": "cs_1", "x": 1}, "Unknown fields: x."),
        ("advance", {"seconds": float("inf")}, "seconds must be a number of seconds."),
        ("webhooks", {"paused": "no"}, "paused must be true or false."),
    ]
    for name, values, sentence in wrong:
        answer = shop.ask("POST", f"/sandbox/{name}", values)
        assert (answer["http"], answer["error"]) == (400, sentence)
    assert shop.ask("POST", "/sandbox/pay", b"{}", Content_Type="text/plain")["http"] == 415


def test_calls_are_recorded(shop: Shop) -> None:
    shop.session(customer_email="ann@example.com")
    (call,) = shop.ask("GET", "/sandbox/calls")["calls"]
    assert (call["method"], call["path"], call["status"]) == ("POST", "/v1/checkout/sessions", 200)
    assert call["parameters"]["line_items"]["0"]["quantity"] == "2"
    assert shop.ask("DELETE", "/sandbox/calls") == {"calls": []}


class TestPaymentIntents:
    @pytest.fixture
    def shop(self, shared: Shop) -> Shop:
        return shared

    def pay(self, shop: Shop, **more: Any) -> Any:
        given = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        return shop.v1.payment_intents.create(params=given | more)

    def test_are_made_and_paid_at_once(self, shop: Shop) -> None:
        customer = shop.v1.customers.create(params={"name": "Ann"}).id
        made = self.pay(shop, customer=customer, metadata={"order": "1"}, expand=["latest_charge"])
        assert (made.status, made.amount_received, made.customer) == ("succeeded", 1_000, customer)
        charge = made.latest_charge
        assert (charge.paid, charge.payment_method_details.card.last4, charge.customer) == (True, "4242", customer)
        assert charge.metadata.to_dict() == made.metadata.to_dict() == {"order": "1"}
        assert shop.v1.refunds.create(params={"payment_intent": made.id}).amount == 1_000

    @pytest.mark.parametrize(
        ("given", "code"),
        [
            ({"amount": 49}, "amount_too_small"),
            ({"payment_method": "pm_card_none"}, "resource_missing"),
            ({"customer": "cus_none"}, "resource_missing"),
            ({"confirm": False}, "local_not_modelled"),
            ({"allowed_payment_method_types": ["link"]}, "local_not_modelled"),
            ({"payment_method_types": ["card"]}, "parameter_unknown"),
        ],
        ids=str,
    )
    def test_are_refused(self, shop: Shop, given: dict[str, Any], code: str) -> None:
        with pytest.raises(stripe.InvalidRequestError) as refused:
            self.pay(shop, **given)
        assert (refused.value.code, refused.value.param) == (code, next(iter(given)))
