"""Orders with what belongs to them, read-only: buyers make them, and services change them."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.common.text import seats_named
from apps.orders.admin.invoices import InvoiceInline, OrderMailInline
from apps.orders.admin.refunds import money
from apps.orders.models import Order, OrderLine, OrderProduct, OrderRefund


class OrderLineInline(ReadOnlyInline):
    """The seats of an order, as they were ordered."""

    model = OrderLine
    related = ("event", "listing__season_ticket")
    fields = ("event", "place", "price", "fee", "discount", "total", "delivery_type", "sales")
    readonly_fields = ("place", "price", "fee", "discount", "total", "sales")
    place = column(
        "Seats",
        lambda line: page_link(
            "listings_listing_change",
            f"{line.listing.season_ticket.section}, {line.listing.season_ticket.row}, {seats_named(line.seats)}",
            key=line.listing_id,
        ),
    )
    price = money("Price of a seat", "price_cents")
    fee = money("Fee of a seat", "fee_cents")
    discount = money("Discount", "discount_cents")
    total = column("Total", lambda line: cents_to_text(line.total_cents))
    sales = column(
        "Sales",
        lambda line: (
            page_link("orders_sale_changelist", "Show", batch_id__exact=line.batch_id) if line.batch_id else "-"
        ),
    )


class OrderProductInline(ReadOnlyInline):
    """The digital products of an order."""

    model = OrderProduct
    fields = ("name", "quantity", "price", "discount", "total")
    readonly_fields = ("price", "discount", "total")
    price = money("Price of one", "price_cents")
    discount = money("Discount", "discount_cents")
    total = column("Total", lambda line: cents_to_text(line.total_cents))


class OrderRefundInline(ReadOnlyInline):
    """What was refunded of an order."""

    model = OrderRefund
    fk_name = "order"
    related = ("payment_refund",)
    fields = ("page", "amount", "status", "reason", "returns_seats", "requested_at", "source")
    readonly_fields = ("page", "amount", "status")
    page = column("Refund", lambda refund: page_link("orders_orderrefund_change", "Open", key=refund.pk))
    amount = money("Amount", "amount_cents")
    status = column(
        "Status",
        lambda refund: refund.payment_refund.get_status_display() if refund.payment_refund else "Taken by the bank",
    )


@admin.register(Order)
class OrderAdmin(ReadOnly, SafeModelAdmin):
    """What buyers have ordered, and what has become of it."""

    empty_note = "Nobody has ordered yet. Buyers do it in the shop or by the API."
    list_display = ("number", "status", "name", "email", "total", "placed_at", "paid_at")
    list_filter = ("status", ("disputed_at", admin.EmptyFieldListFilter))
    search_fields = ("id__exact", "=number", "=email")
    search_help_text = "The number or the id of the order, or the buyer's e-mail address"
    date_hierarchy = "placed_at"
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("number", "status", "end_reason", "disputed_at", "payment_page")}),
        ("Buyer", {"fields": ("name", "email", "transfer_email", "user", "terms_version", "erased_at")}),
        ("Money", {"fields": ("total", "subtotal", "fees", "discount", "paid", "refunded", "currency", "coupon")}),
        ("Times", {"fields": ("placed_at", "held_until", "paid_at", "ended_at")}),
    )
    readonly_fields = ("payment_page", "total", "subtotal", "fees", "discount", "paid", "refunded", "coupon")
    inlines = (OrderLineInline, OrderProductInline, InvoiceInline, OrderRefundInline, OrderMailInline)
    total = money("Total", "total_cents")
    subtotal = money("Prices", "subtotal_cents")
    fees = money("Fees", "fee_cents")
    discount = money("Discount", "discount_cents")
    paid = money("Paid", "paid_cents")
    refunded = money("Refunded", "refunded_cents")
    coupon = column("Coupon", lambda order: order.coupon_use.coupon.code if hasattr(order, "coupon_use") else "-")
    payment_page = column(
        "Payment",
        lambda order: (
            page_link("payments_payment_change", "Open the payment", key=order.payment_id)
            if order.payment_id
            else "Nothing was to be paid"
        ),
    )
