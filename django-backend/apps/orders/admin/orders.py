"""Orders, read-only: what buyers bought, and links to all that belongs to it."""

from typing import Any, Final
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.safestring import SafeString
from import_export.fields import Field
from unfold.decorators import action

from apps.catalog.models import Event
from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import extends, list_added
from apps.common.admin_links import list_action, outside_link, page_link
from apps.common.admin_lists import column
from apps.common.exports import CentsField, CsvExportMixin, SafeResource
from apps.common.money import cents_to_text
from apps.listings.models import Hold
from apps.orders.admin.invoices import InvoiceInline, OrderMailInline
from apps.orders.models import CouponUse, Order, OrderLine, OrderProduct, OrderRefund
from apps.orders.selectors.evidence import evidence_answer
from apps.payments.api import dashboard_address
from apps.payments.models import Payment, PaymentAttempt
from apps.users.models import User

# Pages that lead to the orders of a row, by the lookups that their links use.
_LINKED: Final = {Event: "lines__event__id__exact", Hold: "lines__hold__id__exact"}


def _events(order: Order) -> str:
    return ", ".join(dict.fromkeys(str(line.event) for line in order.lines.all()))


class OrderResource(SafeResource):
    """One line an order; amounts in the order's currency."""

    status = Field("get_status_display")
    events = Field()
    seats = Field()
    subtotal = CentsField("subtotal_cents")
    fees = CentsField("fee_cents")
    discount = CentsField("discount_cents")
    coupon = Field("coupon_use__coupon__code")
    total = CentsField("total_cents")
    paid = CentsField("paid_cents")
    refunded = CentsField("refunded_cents")

    class Meta:
        model = Order
        fields = (
            "number", "status", "placed_at", "name", "email", "transfer_email", "events", "seats", "subtotal", "fees",
            "discount", "coupon", "total", "currency", "paid", "paid_at", "refunded", "ended_at", "end_reason",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: QuerySet[Order], **kwargs: Any) -> QuerySet[Order]:
        return queryset.select_related("coupon_use__coupon")

    def dehydrate_events(self, order: Order) -> str:
        return _events(order)

    def dehydrate_seats(self, order: Order) -> int:
        return sum(line.quantity for line in order.lines.all())


def _money(description: str, field: str) -> Any:
    return column(description, lambda row: cents_to_text(getattr(row, field)), by=field)


def _sales(line: OrderLine) -> SafeString | str:
    if line.batch_id is None:
        return "-"
    return page_link("orders_sale_changelist", "Open the sales", batch_id__exact=line.batch_id)


class OrderLineInline(ReadOnlyInline):
    """The seats of the order, at the prices that the buyer agreed to."""

    model = OrderLine
    verbose_name_plural = "seats"
    related = ("event", "listing__season_ticket")
    hide_title = True
    fields = ("event", "place", "price", "fee", "discount", "total", "delivery_type", "in_hand_date", "listed", "sales")
    readonly_fields = ("place", "price", "fee", "discount", "total", "listed", "sales")
    price = _money("Price of a seat", "price_cents")
    fee = _money("Fee of a seat", "fee_cents")
    discount = _money("Discount", "discount_cents")
    total = _money("Total", "total_cents")
    listed = column("Listing", lambda line: page_link("listings_listing_change", "Open", key=line.listing_id))
    sales = column("Sales", _sales)
    place = column(
        "Section / row / seats",
        lambda line: " / ".join(
            (line.listing.season_ticket.section, line.listing.season_ticket.row, ", ".join(line.seats))
        ),
    )


class OrderProductInline(ReadOnlyInline):
    """The digital products of an order."""

    model = OrderProduct
    hide_title = True
    fields = ("name", "quantity", "price", "discount", "total")
    readonly_fields = ("price", "discount", "total")
    price = _money("Price of one", "price_cents")
    discount = _money("Discount", "discount_cents")
    total = column("Total", lambda line: cents_to_text(line.total_cents))


class OrderRefundInline(ReadOnlyInline):
    """What went back to the buyer, or is on its way."""

    model = OrderRefund
    related = ("payment_refund", "order")
    hide_title = True
    fields = ("requested_at", "amount", "state", "reason", "note", "requested_by", "page")
    readonly_fields = ("amount", "state", "page")
    amount = _money("Amount", "amount_cents")
    page = column("Refund", lambda refund: page_link("orders_orderrefund_change", "Open", key=refund.id))
    state = column(
        "Status",
        lambda refund: refund.payment_refund.get_status_display() if refund.payment_refund else "Taken by the bank",
    )


class UsedCouponInline(ReadOnlyInline):
    """The coupon of the order."""

    model = CouponUse
    verbose_name_plural = "coupon"
    related = ("coupon",)
    hide_title = True
    fields = ("coupon", "state")


@admin.register(Order)
class OrderAdmin(ReadOnly, CsvExportMixin, SafeModelAdmin):
    """Orders of our shop; services write them, as buyers, Stripe and refunds say."""

    resource_classes = (OrderResource,)
    empty_note = "Nobody has ordered. Buyers do it in the shop or by the API."
    list_display = ("number", "status", "name", "email", "total", "events", "placed_at")
    list_filter = ("status", "placed_at", ("erased_at", admin.EmptyFieldListFilter))
    search_fields = ("number", "email", "name")
    search_help_text = "Number of the order, e-mail address or name of the buyer"
    date_hierarchy = "placed_at"
    fields = (
        "number", "status", "name", "email", "transfer_email", "user", "subtotal", "fees", "discount", "total", "paid",
        "refunded", "payment_page", "stripe_page", "terms_version", "placed_at", "held_until", "paid_at", "ended_at",
        "end_reason", "disputed_at", "erased_at",
    )  # fmt: skip
    readonly_fields = (
        "subtotal", "fees", "discount", "total", "paid", "refunded", "payment_page", "stripe_page",
    )  # fmt: skip
    inlines = (OrderLineInline, OrderProductInline, OrderRefundInline, UsedCouponInline, InvoiceInline, OrderMailInline)
    actions_detail = ("refunds", "holds", "evidence")
    refunds = list_action("Refunds", model="orders_orderrefund", by="order__id__exact", icon="currency_exchange")
    holds = list_action("Holds", model="listings_hold", by="owner_id__exact", icon="timer")
    events = column("Events", _events)
    total = column("Total", lambda order: f"{cents_to_text(order.total_cents)} {order.currency}", by="total_cents")
    subtotal = _money("List prices", "subtotal_cents")
    fees = _money("Fees", "fee_cents")
    discount = _money("Discount", "discount_cents")
    paid = _money("Paid", "paid_cents")
    refunded = _money("Refunded", "refunded_cents")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Order]:
        lines = OrderLine.objects.select_related("event").order_by("event__starts_at", "id")
        orders: QuerySet[Order] = super().get_queryset(request)
        return orders.prefetch_related(Prefetch("lines", lines))

    @action(description="Evidence", url_path="evidence", permissions=["view"], icon="gavel")
    def evidence(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Download what a bank that disputes the payment wants to know, as the API has it."""
        order = self.get_object(request, str(object_id))
        if order is None:
            raise Http404
        if not self.has_view_permission(request, order):
            raise PermissionDenied
        name = f'attachment; filename="evidence-{order.number}.json"'
        return JsonResponse(evidence_answer(order.id), headers={"Content-Disposition": name})

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Return whether an address may filter so."""
        return lookup in _LINKED.values() or super().lookup_allowed(lookup, value, request)

    @admin.display(description="Payment")
    def payment_page(self, order: Order) -> SafeString | str:
        """The payment on our side, with attempts, disputes and money incidents."""
        if order.payment is None:
            return "Nothing to pay"
        return page_link("payments_payment_change", order.payment.get_status_display(), key=order.payment_id)

    @admin.display(description="In Stripe's dashboard")
    def stripe_page(self, order: Order) -> SafeString | str:
        """The last attempt that reached Stripe."""
        known = PaymentAttempt.objects.filter(payment=order.payment_id).exclude(payment_intent_id="")
        key = known.order_by("number").values_list("payment_intent_id", flat=True).last()
        if order.payment is None or key is None:
            return "-"
        return outside_link(dashboard_address("payments", key, is_live=order.payment.is_live), "Open at Stripe")


@extends(Payment)
class OrderOfPayment(SafeModelAdmin):
    """The number of the order, and a link to it."""

    list_display = ("order_number",)
    actions_detail = ("order",)
    order = list_action("Order", model="orders_order", by="payment__id__exact", icon="shopping_bag")
    order_number = column("Order", lambda payment: payment.order_number or "-")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Payment]:
        orders = Order.objects.filter(payment=OuterRef("pk")).order_by().values("number")
        payments: QuerySet[Payment] = super().get_queryset(request)
        return payments.annotate(order_number=Subquery(orders))


for _model, _lookup in _LINKED.items():
    list_added(_model, "Orders", model="orders_order", by=_lookup)
list_added(User, "Orders", model="orders_order", by="user__id__exact")
