"""Checkout Sessions and the customers that they make."""

from collections.abc import Mapping
from typing import Any, Final, cast

from apps.payments.errors import StripeRefused
from apps.payments.gateways.client import failures, stripe_client
from apps.payments.rules import SessionFacts

_EXPANDED: Final = ["payment_intent"]


def session_create(*, parameters: Mapping[str, Any], idempotency_key: str) -> SessionFacts:
    """Make a session, or return the one that was made under this key.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: see `client`.
    """
    sent: Any = {**parameters, "expand": _EXPANDED}
    with failures():
        made = stripe_client().v1.checkout.sessions.create(sent, {"idempotency_key": idempotency_key})
    return _facts(made.to_dict())


def session_read(session_id: str) -> SessionFacts:
    """Return the present state of a session; raises as `session_create`."""
    with failures():
        found = stripe_client().v1.checkout.sessions.retrieve(session_id, {"expand": _EXPANDED})
    return _facts(found.to_dict())


def session_expire(session_id: str) -> bool:
    """End an open session; return False if it is no longer open. Raises as `session_create`, never StripeRefused."""
    try:
        with failures():
            stripe_client().v1.checkout.sessions.expire(session_id)
    except StripeRefused:
        return False
    return True


def intent_payment_id(intent_id: str) -> str:
    """Return the id of our payment that a PaymentIntent has in its metadata, or nothing; raises as `session_create`."""
    with failures():
        intent = stripe_client().v1.payment_intents.retrieve(intent_id).to_dict()
    return str((intent.get("metadata") or {}).get("payment_id", ""))


def customer_update(*, customer_id: str, name: str, email: str, metadata: Mapping[str, str]) -> None:
    """Write name, e-mail and metadata of a customer; raises as `session_create`."""
    with failures():
        stripe_client().v1.customers.update(
            customer_id, {"name": name, "email": email, "metadata": cast("dict[str, str]", dict(metadata))}
        )


def _facts(session: Mapping[str, Any]) -> SessionFacts:
    metadata = session.get("metadata") or {}
    intent = session.get("payment_intent") or {}
    return SessionFacts(
        id=session["id"],
        status=session["status"] or "",
        payment_status=session["payment_status"],
        amount_cents=session["amount_total"] or 0,
        currency=session["currency"] or "",
        client_reference=session.get("client_reference_id") or "",
        payment_id=metadata.get("payment_id", ""),
        attempt_id=metadata.get("attempt_id", ""),
        address=session.get("url") or "",
        intent_id=intent.get("id", ""),
        intent_status=intent.get("status", ""),
        received_cents=intent.get("amount_received") or 0,
        charge_id=intent.get("latest_charge") or "",
        customer_id=session.get("customer") or "",
        customer_name=metadata.get("customer_name", ""),
        customer_email=metadata.get("customer_email", ""),
    )
