"""Refunds of orders, read-only; failed ones can be sent again."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.errors import DomainError
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.orders.models import EventRefundRun, OrderRefund, OrderRefundLine
from apps.orders.services.refunds import order_refund_retry


def money(description: str, field: str) -> object:
    """Return a column of money."""
    return column(description, lambda row: cents_to_text(getattr(row, field)), by=field)


class OrderRefundLineInline(ReadOnlyInline):
    """What a refund gives back for each seat, and for each line of products."""

    model = OrderRefundLine
    related = ("sale__event", "sale__ticket", "product")
    hide_title = True
    fields = ("seat", "amount", "list_price", "commission", "fee", "discount", "holder_discount")
    readonly_fields = fields
    seat = column(
        "Seat or product",
        lambda line: page_link("orders_sale_change", line.sale, key=line.sale_id) if line.sale else line.product.name,
    )
    amount = money("Amount", "amount_cents")
    list_price = money("Of the list price", "list_cents")
    commission = money("Of it commission", "commission_cents")
    fee = money("Of the fee", "fee_cents")
    discount = money("Less discount", "discount_cents")
    holder_discount = money("Of it the holder's", "holder_discount_cents")


@admin.register(OrderRefund)
class OrderRefundAdmin(ReadOnly, SafeModelAdmin):
    """Refunds of orders; whether they have arrived is a fact of the payment."""

    empty_note = "Nothing was refunded. Staff refund orders by the API, and cancelled events by a run."
    list_display = ("requested_at", "order", "amount", "status", "why", "source", "requested_by")
    list_filter = (
        "payment_refund__status", "reason", "source", ("dispute", admin.EmptyFieldListFilter),
        ("run", admin.EmptyFieldListFilter),
    )  # fmt: skip
    list_select_related = ("order", "payment_refund", "requested_by")
    search_fields = ("id__exact", "order__id__exact", "order__number__exact", "run__id__exact")
    date_hierarchy = "requested_at"
    fields = (
        "id", "order", "amount", "status", "failure", "why", "note", "returns_seats", "payment_page", "requested_at",
        "requested_by", "source", "run",
    )  # fmt: skip
    readonly_fields = ("id", "amount", "status", "failure", "why", "payment_page", "run")
    inlines = (OrderRefundLineInline,)
    actions = ("retry",)
    amount = column(
        "Amount", lambda refund: f"{cents_to_text(refund.amount_cents)} {refund.order.currency}", by="amount_cents"
    )
    status = column(
        "Status",
        lambda refund: refund.payment_refund.get_status_display() if refund.payment_refund else "Taken by the bank",
        by="payment_refund__status",
    )
    why = column("Reason", lambda refund: refund.get_reason_display() or "Lost dispute", by="reason")
    failure = column(
        "Why it failed", lambda refund: (refund.payment_refund and refund.payment_refund.failure_code) or "-"
    )
    payment_page = column(
        "Payment", lambda refund: page_link("payments_payment_change", "Open the payment", key=refund.order.payment_id)
    )

    @admin.action(description="Send failed refunds again", permissions=["decide"])
    def retry(self, request: HttpRequest, queryset: QuerySet[OrderRefund]) -> None:
        """Send the chosen refunds again, each on its own."""
        sent = 0
        for refund in queryset.select_related("order").order_by("id"):
            try:
                order_refund_retry(order_id=refund.order_id, refund_id=refund.id, now=timezone.now())
            except DomainError as refusal:
                self.message_user(request, f"{refund.order}: {refusal}", messages.ERROR)
            else:
                self.log_change(request, refund, "Sent again.")
                sent += 1
        if sent:
            self.message_user(request, f"Sent again: {counted(sent, 'refund')}.", messages.SUCCESS)


@admin.register(EventRefundRun)
class EventRefundRunAdmin(ReadOnly, SafeModelAdmin):
    """Refunds for cancelled events, and what they left to staff."""

    empty_note = "A run begins by an action on cancelled events."
    list_display = ("begun_at", "event", "begun_by", "left", "ended_at")
    list_filter = (("ended_at", admin.EmptyFieldListFilter),)
    list_select_related = ("event", "begun_by")
    search_fields = ("id__exact", "event__label")
    fields = ("id", "event", "begun_at", "begun_by", "problems", "ended_at")
    readonly_fields = ("id",)
    left = column("Left to staff", lambda run: len(run.problems))
