"""Messages about orders: what staff must look at, and what was refunded for a cancelled event. They name no buyer."""

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from apps.common.slack_blocks import Words, actions, bare, context, escaped, fields, header, link, time_text, words
from apps.common.text import counted
from apps.triage.enums import TriageKind
from apps.triage.rules.listings import money_text


@dataclass(frozen=True)
class OrderShown:
    """An order that staff must look at; amounts in cents. `evidence_due` is of the first dispute that is open."""

    number: str
    what: str
    events: str
    paid_cents: int
    refunded_cents: int
    currency: str
    evidence_due: datetime | None
    admin_url: str


@dataclass(frozen=True)
class RefundsShown:
    """What became of the refunds for a cancelled event; amounts in cents."""

    event: str
    orders: int
    refunded_cents: int
    failed: int
    left: int
    currency: str
    admin_url: str


def order_words(shown: OrderShown) -> Words:
    """Return the message about an order that staff must look at."""
    title = f"Order {bare(shown.number)}: {shown.what}"
    values = {
        "Paid": money_text(shown.paid_cents, shown.currency),
        "Refunded": money_text(shown.refunded_cents, shown.currency),
    }
    if shown.evidence_due:
        values["Evidence is due"] = time_text(shown.evidence_due)
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS[TriageKind.ORDER.value]} {title}"),
        fields(values),
        context(escaped(shown.events)),
        *actions([link("Open the admin", shown.admin_url)] if shown.admin_url else []),
    ]
    return words(escaped(title), blocks)


def refunds_words(shown: RefundsShown) -> Words:
    """Return the summary of the refunds for a cancelled event."""
    title = f"Refunds have ended: {bare(shown.event)}"
    values = {
        "Refunded": f"{counted(shown.orders, 'order')}, {money_text(shown.refunded_cents, shown.currency)}",
        "Failed": str(shown.failed),
        "Left to staff": str(shown.left),
    }
    blocks = [
        header(f"{settings.TRIAGE_EMOJIS[TriageKind.ORDER.value]} {title}"),
        fields(values),
        *actions([link("Refunds in the admin", shown.admin_url)] if shown.admin_url else []),
    ]
    return words(escaped(title), blocks)
