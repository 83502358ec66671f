"""Payments with what belongs to them, read-only; failed refunds can be sent again."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import outside_link
from apps.common.admin_lists import column
from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.payments.enums import REFUND_MOVES, RefundMove
from apps.payments.models import Dispute, MoneyIncident, Payment, PaymentAttempt, Refund
from apps.payments.rules import dashboard_address
from apps.payments.services.refunds import refund_retry


def dashboard_link(page: str, key: str, *, is_live: bool) -> SafeString | str:
    """Return a link to a page of Stripe's dashboard; a dash without a key."""
    return outside_link(dashboard_address(page, key, is_live=is_live), key) if key else "-"


def amount(description: str, field: str) -> Any:
    """Return a column of money."""
    return column(description, lambda row: cents_to_text(getattr(row, field)), by=field)


def mode_column() -> Any:
    """Return a column that says whether real money moved."""
    return column("Mode", lambda row: "Live" if row.is_live else "Test", by="is_live")


class AttemptInline(ReadOnlyInline):
    """Checkout Sessions of a payment."""

    model = PaymentAttempt
    related = ("payment",)
    fields = ("number", "status", "session_id", "stripe_payment", "expires_at", "ended_at", "error_code")
    readonly_fields = ("stripe_payment",)
    stripe_payment = column(
        "Payment at Stripe",
        lambda attempt: dashboard_link("payments", attempt.payment_intent_id, is_live=attempt.payment.is_live),
    )


class RefundInline(ReadOnlyInline):
    """Refunds of a payment."""

    model = Refund
    fields = (
        "requested_at",
        "given_back",
        "status",
        "reason",
        "attempt",
        "stripe_refund_id",
        "failure_code",
        "ended_at",
    )
    readonly_fields = ("given_back",)
    given_back = amount("Amount", "amount_cents")


class DisputeInline(ReadOnlyInline):
    """Disputes of a payment."""

    model = Dispute
    related = ("payment",)
    fields = ("opened_at", "disputed", "moved", "status", "reason", "due_by", "stripe_dispute", "closed_at")
    readonly_fields = ("disputed", "moved", "stripe_dispute")
    disputed = amount("Amount", "amount_cents")
    moved = amount("On our balance", "net_cents")
    stripe_dispute = column(
        "At Stripe",
        lambda row: dashboard_link("disputes", row.stripe_dispute_id, is_live=row.payment.is_live),
    )


class IncidentInline(ReadOnlyInline):
    """Money incidents of a payment."""

    model = MoneyIncident
    fields = ("opened_at", "kind", "state", "stripe_object_id", "decided_at", "decision_reason")


@admin.register(Payment)
class PaymentAdmin(ReadOnly, SafeModelAdmin):
    """Payments; only the owner of the purpose and Stripe know who pays."""

    empty_note = "Payments begin at checkout."
    list_display = ("begun", "purpose", "status", "due", "paid", "refunded", "currency", "paid_at")
    list_filter = (
        "status", "purpose", "is_live", ("frozen_until", admin.EmptyFieldListFilter), "refunds__status",
        ("disputes", admin.EmptyFieldListFilter),
    )  # fmt: skip
    search_fields = (
        "id__exact", "reference__exact", "attempts__session_id__exact", "attempts__payment_intent_id__exact",
        "refunds__stripe_refund_id__exact", "disputes__stripe_dispute_id__exact",
    )  # fmt: skip
    date_hierarchy = "moved_at"
    fields = (
        "id", "purpose", "reference", "due", "currency", "status", "paid", "refunded", "paid_at", "moved_at",
        "checked_at", "frozen_until", "fraud_warned_at", "mode",
    )  # fmt: skip
    readonly_fields = ("id", "due", "paid", "refunded", "mode")
    inlines = (AttemptInline, RefundInline, DisputeInline, IncidentInline)
    actions = ("retry_refunds",)
    begun = column("Begun", lambda payment: payment.created_at, by="id")
    due = amount("Amount", "amount_cents")
    paid = amount("Paid", "paid_cents")
    refunded = amount("Refunded", "refunded_cents")
    mode = mode_column()

    @admin.action(description="Send failed refunds again", permissions=["decide"])
    def retry_refunds(self, request: HttpRequest, queryset: QuerySet[Payment]) -> None:
        """Send the failed refunds of the chosen payments again, and those that found no balance."""
        sources = REFUND_MOVES[RefundMove.RETRY].sources
        sent = 0
        for refund in Refund.objects.filter(payment__in=queryset, status__in=sources).exclude(reference=None):
            try:
                refund_retry(refund_id=refund.id, now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{refund}: {refusal}", messages.ERROR)
            else:
                self.log_change(request, refund.payment, f"{refund} sent again.")
                sent += 1
        self.message_user(request, f"Sent again: {counted(sent, 'refund')}.", messages.SUCCESS)
