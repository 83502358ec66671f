"""Payments, refunds, disputes, transfers, and what the books say about them."""

import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import stripe

from sandbox.stripe.cards import CARDS
from sandbox.stripe.store import DUE
from sandbox.tests.stripe_shop import Shop, shop_with


@pytest.fixture
def shop() -> Iterator[Shop]:
    with shop_with(methods=("card", "us_bank_account"), refund_seconds=0) as found:
        yield found


def charge_of(session: Any) -> Any:
    return session.payment_intent.latest_charge


def refusal(call: Any, *identity: str, **given: Any) -> stripe.InvalidRequestError:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        call(*identity, **given)
    return refused.value


class TestPayments:
    def test_of_a_card_leave_a_charge_with_its_fee(self, shop: Shop) -> None:
        given = {"metadata": {"order": "1"}, "payment_intent_data": {"metadata": {"order": "2"}}}
        session = shop.paid(customer_creation="always", **given)
        charge = charge_of(session)
        assert (session.status, session.payment_status, session.url) == ("complete", "paid", None)
        assert (session.customer_details.email, session.customer_details.name) == ("buyer@example.com", "Bea Buyer")
        assert (session.payment_intent.status, session.payment_intent.amount_received) == ("succeeded", 9_000)
        # Metadata of the session is not copied; that of the payment intent goes to the charge.
        assert session.metadata.to_dict() == {"order": "1"}
        assert charge.metadata.to_dict() == session.payment_intent.metadata.to_dict() == {"order": "2"}
        assert (charge.payment_method_details.card.last4, charge.customer) == ("4242", session.customer)
        transaction = shop.v1.balance_transactions.retrieve(charge.balance_transaction)
        assert (transaction.fee, transaction.net, transaction.status) == (291, 8_709, "pending")
        assert shop.v1.balance.retrieve().pending[0].amount == 8_709
        shop.act("advance", seconds=2 * 86_400)
        assert shop.v1.balance.retrieve().pending[0].amount == 0
        assert shop.v1.balance_transactions.retrieve(charge.balance_transaction).status == "available"
        assert shop.events() == [
            "payment_intent.created",
            "customer.created",
            "charge.succeeded",
            "payment_intent.succeeded",
            "charge.updated",
            "checkout.session.completed",
        ]
        # Stripe captures asynchronously: the fee is not known yet when the charge succeeds.
        succeeded = shop.v1.events.list(params={"type": "charge.succeeded"}).data[0]
        assert succeeded.data.object["balance_transaction"] is None

    def test_customer_is_made_only_when_asked(self, shop: Shop) -> None:
        assert shop.paid().customer is None
        customer = shop.v1.customers.create(params={"email": "ann@example.com", "name": "Ann"})
        assert shop.paid(customer=customer.id).customer == customer.id

    @pytest.mark.parametrize("number", [number for number, card in CARDS.items() if card.refusal])
    def test_declined_cards_leave_the_session_open(self, shop: Shop, number: str) -> None:
        session, refused = shop.session(), CARDS[number].refusal
        assert refused is not None
        assert shop.act("pay", session=session.id, number=number) == {"declined": refused.message}
        session = shop.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent.latest_charge"]})
        error, charge = session.payment_intent.last_payment_error, charge_of(session)
        assert (session.status, session.payment_intent.status) == ("open", "requires_payment_method")
        assert (error.type, error.code, error.to_dict().get("decline_code")) == (
            "card_error",
            refused.code,
            refused.decline_code,
        )
        assert (charge.status, charge.paid, charge.failure_code) == ("failed", False, refused.code)
        assert shop.events()[1:] == ["charge.failed", "payment_intent.payment_failed"]
        assert shop.act("pay", session=session.id) == {"declined": None}
        assert shop.v1.checkout.sessions.retrieve(session.id).payment_intent == session.payment_intent.id
        assert len(shop.v1.charges.list(params={"payment_intent": session.payment_intent.id}).data) == 2

    def test_only_test_cards_are_accepted(self, shop: Shop) -> None:
        session = shop.session()
        assert "non test card" in shop.act("pay", session=session.id, number="4111111111111111")["declined"]
        assert shop.act("pay", session=session.id, number="4242424242424241") == {
            "declined": "Your card number is invalid."
        }

    def test_nothing_to_pay_needs_no_card(self, shop: Shop) -> None:
        session = shop.session(amount=0)
        assert session.payment_status == "no_payment_required"
        assert shop.act("pay", session=session.id, number="") == {"declined": None}
        session = shop.v1.checkout.sessions.retrieve(session.id)
        assert (session.status, session.payment_status, session.payment_intent) == (
            "complete",
            "no_payment_required",
            None,
        )

    @pytest.mark.parametrize(("succeeds", "status", "paid"), [(True, "succeeded", "paid"), (False, "failed", "unpaid")])
    def test_by_bank_debit_end_days_later(self, shop: Shop, succeeds: bool, status: str, paid: str) -> None:
        session = shop.session()
        shop.act("pay", session=session.id, method="us_bank_account")
        found = shop.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent.latest_charge"]})
        assert (found.status, found.payment_status, found.payment_intent.status) == ("complete", "unpaid", "processing")
        assert refusal(shop.v1.refunds.create, params={"charge": charge_of(found).id}).param == "charge"
        shop.act("settle", session=session.id, succeeds=succeeds)
        found = shop.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent.latest_charge"]})
        assert (found.payment_status, charge_of(found).status) == (paid, status)
        assert shop.events()[-1] == f"checkout.session.async_payment_{status}"
        assert shop.books()["charged"] == (9_000 if succeeds else 0)
        assert shop.ask("POST", "/sandbox/settle", {"session": session.id})["http"] == 400

    def test_payment_intents_of_checkout_are_not_canceled(self, shop: Shop) -> None:
        session = shop.session()
        shop.act("pay", session=session.id, number="4000000000000002")
        intent = shop.v1.checkout.sessions.retrieve(session.id).payment_intent
        assert "Expire the Checkout Session" in str(refusal(shop.v1.payment_intents.cancel, intent))
        shop.act("pay", session=session.id)
        assert "a status of succeeded" in str(refusal(shop.v1.payment_intents.cancel, intent))


class TestExpiry:
    def test_on_request_ends_the_payment_intent_too(self, shop: Shop) -> None:
        session = shop.session()
        shop.act("pay", session=session.id, number="4000000000000002")
        expired = shop.v1.checkout.sessions.expire(session.id)
        assert (expired.status, expired.url) == ("expired", None)
        assert shop.v1.payment_intents.retrieve(expired.payment_intent).status == "canceled"
        assert shop.events()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]
        assert shop.ask("POST", "/sandbox/pay", {"session": session.id})["http"] == 400

    def test_is_for_open_sessions_only(self, shop: Shop) -> None:
        for session in (shop.paid(), shop.v1.checkout.sessions.expire(shop.session().id)):
            refused = refusal(shop.v1.checkout.sessions.expire, session.id)
            assert str(refused.user_message) == (
                'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status '
                f"of `{session.status}`."
            )

    def test_comes_by_itself(self, shop: Shop) -> None:
        session = shop.session()
        shop.act("advance", seconds=86_390)
        assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
        shop.act("advance", seconds=11)
        assert shop.v1.checkout.sessions.retrieve(session.id).status == "expired"


class TestRefunds:
    def test_are_at_most_what_is_left(self, shop: Shop) -> None:
        charge = charge_of(shop.paid())
        create = shop.v1.refunds.create
        assert "$90.01) is greater than charge amount ($90.00)" in str(
            refusal(create, params={"charge": charge.id, "amount": 9_001})
        )
        part = create(
            params={"charge": charge.id, "amount": 4_000, "reason": "requested_by_customer", "metadata": {"a": "b"}}
        )
        assert (part.status, part.charge, part.payment_intent) == ("succeeded", charge.id, charge.payment_intent)
        assert "$50.01) is greater than unrefunded amount on charge ($50.00)" in str(
            refusal(create, params={"charge": charge.id, "amount": 5_001})
        )
        assert create(params={"payment_intent": charge.payment_intent}).amount == 5_000
        assert refusal(create, params={"charge": charge.id}).code == "charge_already_refunded"
        found = shop.v1.charges.retrieve(charge.id)
        assert (found.amount_refunded, found.refunded) == (9_000, True)
        assert [one.amount for one in shop.v1.refunds.list(params={"charge": charge.id}).data] == [5_000, 4_000]
        # Stripe keeps its fee.
        assert shop.books() == {
            "started": 10_000_000, "charged": 9_000, "refunded": 9_000, "disputed": 0, "paid_out": 0, "transferred": 0,
            "fees": 291, "balance": 10_000_000 - 291,
        }  # fmt: skip

    def test_need_a_charge_and_a_known_reason(self, shop: Shop) -> None:
        create = shop.v1.refunds.create
        assert "payment_intent or charge" in str(refusal(create, params={}))
        assert refusal(create, params={"charge": "ch_none"}).code == "resource_missing"
        assert refusal(create, params={"charge": "ch_none", "reason": "other"}).param == "reason"
        assert refusal(create, params={"charge": "ch_none", "amount": 0}).code == "parameter_invalid_integer"

    def test_are_covered_by_the_available_balance(self, shop: Shop) -> None:
        charge = charge_of(shop.paid())
        shop.act("pay-out")
        refused = refusal(shop.v1.refunds.create, params={"charge": charge.id})
        assert refused.code == "balance_insufficient"
        shop.paid(number="4000000000000077")
        assert refusal(shop.v1.refunds.create, params={"charge": charge.id}).code == "balance_insufficient"
        assert shop.v1.refunds.create(params={"charge": charge.id, "amount": 8_709}).status == "succeeded"

    def test_fail_later_and_return_to_the_balance(self, shop: Shop) -> None:
        charge = charge_of(shop.paid(number="4000000000005126"))
        made = shop.v1.refunds.create(params={"charge": charge.id})
        assert made.status == "succeeded"
        failed = shop.v1.refunds.retrieve(made.id, params={"expand": ["failure_balance_transaction"]})
        while failed.status == "succeeded":
            failed = shop.v1.refunds.retrieve(made.id, params={"expand": ["failure_balance_transaction"]})
        assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
        assert failed.failure_balance_transaction.amount == 9_000
        assert shop.v1.charges.retrieve(charge.id).amount_refunded == 0
        assert shop.events()[-5:] == [
            "refund.created", "charge.refunded", "refund.updated", "charge.refund.updated", "refund.failed",
        ]  # fmt: skip
        assert shop.books()["refunded"] == 0
        other = charge_of(shop.paid())
        ended = shop.v1.refunds.create(params={"charge": other.id})
        assert shop.act("end-refund", refund=ended.id)["status"] == "failed"
        assert shop.ask("POST", "/sandbox/end-refund", {"refund": ended.id})["http"] == 400

    def test_are_pending_first_and_never_canceled(self, shop: Shop) -> None:
        charge = charge_of(shop.paid(number="4000000000007726"))
        made = shop.v1.refunds.create(params={"charge": charge.id})
        assert made.status == "pending"
        found = made
        while found.status == "pending":
            found = shop.v1.refunds.retrieve(made.id)
        assert found.status == "succeeded"
        assert "cannot be canceled" in str(refusal(shop.v1.refunds.cancel, made.id))
        assert shop.v1.refunds.update(made.id, params={"metadata": {"a": "b"}}).metadata.to_dict() == {"a": "b"}


class TestDisputes:
    def dispute(self, shop: Shop, number: str = "4000000000000259") -> Any:
        charge = charge_of(shop.paid(number=number))
        return shop.v1.disputes.list(params={"charge": charge.id, "expand": ["data.charge"]}).data[0]

    def test_withdraw_the_amount_and_a_fee(self, shop: Shop) -> None:
        dispute = self.dispute(shop)
        assert (dispute.status, dispute.amount, dispute.reason) == ("needs_response", 9_000, "fraudulent")
        assert dispute.evidence_details.due_by - dispute.created == 9 * 86_400
        assert (dispute.charge.disputed, dispute.balance_transactions[0].net) == (True, -10_500)
        refused = refusal(shop.v1.refunds.create, params={"charge": dispute.charge.id})
        assert (refused.code, refused.http_status) == ("charge_disputed", 400)
        assert {"charge.dispute.created", "charge.dispute.funds_withdrawn"} <= set(shop.events())
        assert (shop.books()["disputed"], shop.books()["fees"]) == (9_000, 291 + 1_500)

    @pytest.mark.parametrize(
        ("text", "status", "disputed"), [("winning_evidence", "won", 0), ("losing_evidence", "lost", 9_000)]
    )
    def test_are_decided_by_the_evidence_of_tests(self, shop: Shop, text: str, status: str, disputed: int) -> None:
        dispute = self.dispute(shop)
        staged = shop.v1.disputes.update(
            dispute.id, params={"evidence": {"customer_name": "Bea", "service_date": "1 May"}, "submit": False}
        )
        assert (staged.status, staged.evidence_details.has_evidence) == ("needs_response", True)
        ended = shop.v1.disputes.update(dispute.id, params={"evidence": {"uncategorized_text": text}})
        assert (ended.status, ended.evidence.customer_name, ended.evidence_details.submission_count) == (
            status,
            "Bea",
            1,
        )
        assert shop.events()[-1] == "charge.dispute.closed"
        assert ("charge.dispute.funds_reinstated" in shop.events()) is (status == "won")
        assert shop.books()["disputed"] == disputed
        assert "already closed" in str(refusal(shop.v1.disputes.close, dispute.id))
        assert refusal(shop.v1.disputes.update, dispute.id, params={"evidence": {"receipt": "file_1"}}).code

    def test_are_accepted_or_decided_by_command(self, shop: Shop) -> None:
        assert shop.v1.disputes.close(self.dispute(shop, "4000000000002685").id).status == "lost"
        charge = charge_of(shop.paid())
        made = shop.act("dispute", charge=charge.id, reason="duplicate")
        submitted = shop.v1.disputes.update(made["id"], params={"evidence": {"product_description": "Seats"}})
        assert submitted.status == "under_review"
        assert "already" in str(refusal(shop.v1.disputes.update, made["id"], params={"submit": True}))
        assert shop.v1.disputes.update(made["id"], params={"metadata": {"a": "b"}}).status == "under_review"
        assert shop.act("decide", dispute=made["id"], won=True)["status"] == "won"
        assert shop.v1.refunds.create(params={"charge": charge.id}).status == "succeeded"
        assert shop.ask("POST", "/sandbox/dispute", {"charge": charge.id})["http"] == 400

    def test_inquiry_moves_no_money_and_may_be_refunded(self, shop: Shop) -> None:
        dispute = self.dispute(shop, "4000000000001976")
        assert (dispute.status, dispute.balance_transactions) == ("warning_needs_response", [])
        assert shop.books()["disputed"] == 0
        assert shop.v1.refunds.create(params={"charge": dispute.charge.id}).status == "succeeded"
        assert shop.v1.disputes.close(dispute.id).status == "warning_closed"

    def test_warning_precedes_a_dispute(self, shop: Shop) -> None:
        session = shop.paid(number="4000000000005423")
        found = shop.v1.radar.early_fraud_warnings.list(params={"payment_intent": session.payment_intent.id}).data[0]
        assert (found.charge, found.actionable) == (charge_of(session).id, True)
        assert shop.events()[-1] == "radar.early_fraud_warning.created"


class TestTransfers:
    def test_leave_the_balance_and_are_reversed(self, shop: Shop) -> None:
        made = shop.v1.transfers.create(
            params={"amount": 5_000, "currency": "usd", "destination": "acct_local", "transfer_group": "o1"}
        )
        assert shop.v1.balance.retrieve().available[0].amount == 10_000_000 - 5_000
        reversal = shop.v1.transfers.reversals.create(made.id, params={"amount": 2_000})
        assert (reversal.object, reversal.transfer) == ("transfer_reversal", made.id)
        found = shop.v1.transfers.retrieve(made.id)
        assert (found.amount_reversed, found.reversed, found.reversals.total_count) == (2_000, False, 1)
        assert "unreversed amount" in str(
            refusal(shop.v1.transfers.reversals.create, made.id, params={"amount": 3_001})
        )
        shop.v1.transfers.reversals.create(made.id)
        assert shop.v1.transfers.retrieve(made.id).reversed
        assert [one.amount for one in shop.v1.transfers.reversals.list(made.id).data] == [3_000, 2_000]
        assert shop.events()[-2:] == ["transfer.reversed", "transfer.reversed"]
        assert shop.books()["transferred"] == 0

    def test_of_a_charge_are_at_most_its_amount(self, shop: Shop) -> None:
        charge = charge_of(shop.paid())
        shop.act("pay-out")
        given = {"currency": "usd", "destination": "acct_local"}
        create = shop.v1.transfers.create
        assert refusal(create, params={**given, "amount": 1}).code == "balance_insufficient"
        assert create(params={**given, "amount": 6_000, "source_transaction": charge.id}).transfer_group.startswith(
            "group_pi_"
        )
        assert refusal(create, params={**given, "amount": 3_001, "source_transaction": charge.id}).param == "amount"
        assert refusal(create, params={**given, "amount": 1, "destination": "acct_x"}).param == "destination"
        assert refusal(create, params=given).code == "parameter_missing"


def test_books_agree_after_any_history(shop: Shop) -> None:
    """The sum of everything is the balance, and what the objects say is what has moved."""
    chance, charges = random.Random(14), []
    for _ in range(40):
        match chance.randrange(5):
            case 0 | 1:
                number = chance.choice([*CARDS])
                session = shop.session(amount=chance.randrange(50, 90_000), quantity=1)
                shop.act("pay", session=session.id, number=number)
                charges = shop.v1.charges.list(params={"limit": 100}).data
            case 2 | 3 if charges:
                part = {"charge": chance.choice(charges).id, "amount": chance.randrange(1, 60_000)}
                with suppress(stripe.InvalidRequestError):
                    shop.v1.refunds.create(params=part)
            case _:
                found = shop.v1.disputes.list(params={"limit": 100}).data
                still_open = [one.id for one in found if one.status == "needs_response"]
                if still_open:
                    shop.act("decide", dispute=chance.choice(still_open), won=chance.random() < 0.5)
    shop.act("advance", seconds=1)
    charges, books, balance = shop.v1.charges.list(params={"limit": 100}).data, shop.books(), shop.v1.balance.retrieve()
    refunds = shop.v1.refunds.list(params={"limit": 100}).data
    assert books["balance"] == balance.available[0].amount + balance.pending[0].amount
    assert books["charged"] == sum(one.amount for one in charges if one.paid)
    assert books["refunded"] == sum(one.amount for one in refunds if one.status != "failed")
    assert books["refunded"] == sum(one.amount_refunded for one in charges)
    disputes = shop.v1.disputes.list(params={"limit": 100}).data
    assert books["disputed"] == sum(one.amount for one in disputes if one.status in {"needs_response", "lost"})
    moved = books["started"] + books["charged"] - books["refunded"] - books["disputed"] - books["fees"]
    assert books["balance"] == moved


def test_each_call_looks_for_what_is_due_by_an_index(shop: Shop) -> None:
    """The books of a long test have tens of thousands of objects."""
    plan = shop.sandbox.account.store._rows(f"EXPLAIN QUERY PLAN {DUE}", 0)
    assert [step[-1] for step in plan] == ["SEARCH objects USING INDEX objects_by_time (<expr><?)"]
