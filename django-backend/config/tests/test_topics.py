"""Messages outlive a release: what waits in the outbox while one is rolled out is read by both."""

from typing import Any

import pytest

from apps.common.listeners import LISTENERS

A, B, C = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2, 3))
TICKET = {"season_ticket_id": A, "holder_id": B, "team_id": C, "status": "pending"}
LISTINGS = {"listing_ids": [A, B], "holder_id": C, "team_id": B}
MOVED = {**LISTINGS, "move": "approve", "reason": "", "source": "admin", "actor_id": None}
PAYMENT = {"payment_id": A, "purpose": "order", "reference": B}
SALES = {"sale_ids": [A, B], "holder_id": C}
# As the last release with untyped payloads stored them, by name of the listener.
STORED: list[tuple[str, dict[str, Any]]] = [
    ("mail", {"user_id": A, "template": "sale_recorded", "context": {"event": "A at B"}, "kind": "sales"}),
    ("mail", {"user_id": A, "template": "event_cancelled", "context": {}}),
    ("account_mail", {"to": "ann@example.com", "subject": "New password", "text": "Go", "html": ""}),
    ("account_mail", {}),
    ("account_mail", {"forgotten": "not sent"}),
    ("slack", {"slack_message_id": A}),
    ("slack", {"slack_message_id": A, "after": B, "tells_dead": True}),
    ("sale.recorded", SALES),
    ("sale.voided", SALES),
    ("payment.succeeded:customer", {**PAYMENT, "paid_cents": 21_000, "currency": "usd", "is_late": True}),
    ("payment.succeeded", {**PAYMENT, "paid_cents": 21_000, "currency": "usd"}),
    ("payment.processing", PAYMENT),
    ("payment.expired", PAYMENT),
    ("payment.failed", PAYMENT),
    ("payment.cancelled", PAYMENT),
    (
        "payment.refund_ended",
        {**PAYMENT, "refund_id": C, "status": "succeeded", "amount_cents": 500},
    ),
    ("payment.dispute_opened", {**PAYMENT, "dispute_id": C, "amount_cents": 500}),
    ("payment.dispute_closed", {**PAYMENT, "dispute_id": C, "status": "lost"}),
    ("payment.money_incident_opened", {**PAYMENT, "incident_id": C, "kind": "amount"}),
    ("payment.early_fraud_warning", PAYMENT),
    ("hold.ended", {"hold_id": A, "owner_kind": "order", "owner_id": B, "outcome": "expired", "reason": ""}),
    ("order.refunded", {"order_id": A, "refund_id": B}),
    ("order.raised:triage", {"order_id": A, "concern": "refund_failed"}),
    ("event.refunds_ended:triage", {"run_id": A}),
    ("event.changed:buyers", {"event_change_id": B}),
    ("order.paid", {"order_id": A}),
    ("order.paid:crm", {"order_id": A}),
    ("order.ended", {"order_id": A}),
    ("order.unavailable", {"order_id": A}),
    ("order.mail", {"order_mail_id": A}),
    ("statement.ready", {"statement_id": A, "holder_id": B}),
    (
        "catalog.event_rescheduled",
        {
            "event_change_id": A,
            "event_id": B,
            "old_starts_at": "2040-09-09T17:00:00+00:00",
            "new_starts_at": "2040-09-16T17:00:00+00:00",
        },
    ),
    ("season_ticket.decided:holder", {**TICKET, "status": "verified"}),
    ("listing.moved:holder", {**MOVED, "actor_id": A}),
    ("season_ticket.registered:triage", TICKET),
    ("season_ticket.decided:triage", {**TICKET, "status": "ended"}),
    ("listing.moved:triage", MOVED),
    ("listing.changed:triage", LISTINGS),
    ("triage.shown", {"triage_message_id": A}),
    ("catalog.feed_differs:triage", {"season_id": A, "feed_difference_ids": [B, C]}),
    ("event.changed:triage", {"event_id": A, "event_change_id": B}),
    ("support.contact_message", {"contact_message_id": A}),
    ("listing.created:triage", {**LISTINGS, "team_id": "None"}),
    ("listing.relisted:triage", {**MOVED, "move": "relist"}),
    ("listing.delisting_requested:triage", {**MOVED, "move": "request_delisting", "reason": "Sold elsewhere"}),
    ("sale.recorded:triage", SALES),
    ("sale.voided:triage", SALES),
    ("outbox.dead:triage", {"message_id": A}),
]
# What no handler of that release read.
UNREAD = {"team_id", "source", "old_starts_at", "new_starts_at", "season_id"}


def test_every_listener_has_a_stored_message_here() -> None:
    assert {name for name, _ in STORED} == set(LISTENERS)


@pytest.mark.parametrize(("name", "payload"), STORED)
def test_payloads_of_the_release_before_are_read_and_written(name: str, payload: dict[str, Any]) -> None:
    """Its workers read what this release stores: every key that they use is there."""
    unread = UNREAD | ({"event_id"} if name == "event.changed:triage" else set())
    kept = {key: value for key, value in payload.items() if key not in unread}
    assert LISTENERS[name].topic.read(payload).as_json() == kept
