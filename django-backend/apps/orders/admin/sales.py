"""Staff view sales, void them, record deliveries, and name the marketplaces."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from import_export.fields import Field
from unfold.decorators import action

from apps.common.admin_access import AddOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_extensions import extends, list_added
from apps.common.admin_links import list_action, list_of, page_link
from apps.common.admin_lists import RowFilter, column
from apps.common.admin_once import DecisionForm, action_box, new_token, once
from apps.common.errors import DomainError
from apps.common.exports import CentsField, CsvExportMixin, SafeResource
from apps.common.form_fields import LineFormField
from apps.common.money import cents_to_text, rate_to_text
from apps.common.text import counted
from apps.holders.models import TicketHolder
from apps.listings.models import Listing
from apps.orders.enums import HOUSE
from apps.orders.errors.sales import SaleRecordedAlready
from apps.orders.forms import SaleForm
from apps.orders.models import Marketplace, Sale
from apps.orders.selectors.sales import listing_in_words
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record


class SaleResource(SafeResource):
    """One line a sale; amounts in the sale's currency."""

    holder = Field("holder__user__email")
    event = Field("event__label")
    starts_at = Field("event__starts_at")
    section = Field("ticket__section")
    row = Field("ticket__row")
    seat = Field("ticket__seat")
    marketplace = Field("marketplace__name")
    price = CentsField("price_cents")
    rate = Field()
    commission = CentsField("commission_cents")
    payout = CentsField("payout_cents")

    class Meta:
        model = Sale
        fields = (
            "id", "batch_id", "sold_at", "marketplace", "invoice_number", "customer_reference", "holder", "event",
            "starts_at", "section", "row", "seat", "price", "currency", "rate", "rate_rule", "commission", "payout",
            "delivery_status", "delivered_at", "refund_due_at", "voided_at", "void_reason", "seat_returned",
        )  # fmt: skip
        export_order = fields

    def filter_export(self, queryset: QuerySet[Sale], **kwargs: Any) -> QuerySet[Sale]:
        return queryset.select_related("holder__user", "event", "ticket", "marketplace")

    def dehydrate_rate(self, sale: Sale) -> str:
        return rate_to_text(sale.rate_bps)


AGAIN: Final = "Record it a second time? If so, confirm below."


class SaleDecisionForm(DecisionForm):
    """The action bar with the reason for voiding a sale, and whether its seat goes back on sale."""

    reason = LineFormField(label="", max_length=300, required=False, widget=action_box("Reason for voiding, for staff"))
    return_seats = forms.BooleanField(label="Seats\u00a0go\u00a0back\u00a0on\u00a0sale", required=False)


@admin.register(Marketplace)
class MarketplaceAdmin(SafeModelAdmin):
    """Where seats are sold; the code is fixed, as programs use it."""

    list_display = ("name", "code", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name", "code")
    fields = ("code", "name", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Marketplace | None = None) -> tuple[str, ...]:
        if obj and obj.code == HOUSE:  # orders record their sales there
            return self.fields
        return ("code",) if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: Marketplace | None = None) -> bool:
        """Sales refer to marketplaces for good; they are switched off."""
        return False


@admin.register(Sale)
class SaleAdmin(AddOnly, CsvExportMixin, SafeModelAdmin):
    """Sales, read-only: what was agreed stays; voiding and delivering are actions."""

    resource_classes = (SaleResource,)

    list_display = (
        "sold_at", "event_label", "seat", "holder", "source_of_sale", "price", "payout", "state",
    )  # fmt: skip
    list_filter = (
        "marketplace",
        "delivery_status",
        ("voided_at", admin.EmptyFieldListFilter),
        ("refund_due_at", admin.EmptyFieldListFilter),
        "event__season__league",
        ("event__season", RowFilter),
    )
    list_select_related = ("holder__user", "event", "ticket", "marketplace")
    search_fields = (
        "invoice_number", "customer_reference", "holder__user__folded", "ticket__section", "listing__id__exact",
        "batch_id__exact",
    )  # fmt: skip
    date_hierarchy = "sold_at"
    ordering = ("-sold_at", "-id")
    fields = (
        "event", "seat", "listing_page", "holder", "marketplace", "invoice_number", "customer_reference", "sold_at",
        "price", "rate", "commission", "payout", "steps", "delivery_status", "delivered_at", "refund_due_at",
        "voided_at", "voided_by", "void_reason", "seat_returned", "recorded_by", "source", "batch_id", "id",
    )  # fmt: skip
    readonly_fields = ("seat", "listing_page", "price", "rate", "commission", "payout", "steps")
    actions = ("deliver", "void")
    action_form = SaleDecisionForm
    event_label = column("Event", lambda sale: str(sale.event), by="event__label")
    seat = column(
        "Seat",
        lambda sale: f"{sale.ticket.section} / {sale.ticket.row} / {sale.ticket.seat}",
        by="ticket__section",
    )
    listing_page = column(
        "Listing", lambda sale: page_link("listings_listing_change", "Open the listing", key=sale.listing_id)
    )
    source_of_sale = column(
        "Marketplace, invoice", lambda sale: f"{sale.marketplace} {sale.invoice_number}", by="marketplace__name"
    )
    price = column("Price", lambda sale: f"{cents_to_text(sale.price_cents)} {sale.currency}", by="price_cents")
    payout = column("Payout", lambda sale: cents_to_text(sale.payout_cents), by="payout_cents")
    commission = column("Commission", lambda sale: cents_to_text(sale.commission_cents))
    rate = column("Commission rate", lambda sale: f"{rate_to_text(sale.rate_bps)}, rule {sale.rate_rule}")

    @admin.action(description="Record the delivery", permissions=["decide"])
    def deliver(self, request: HttpRequest, queryset: QuerySet[Sale]) -> None:
        """Record that the buyers have the tickets of the chosen sales, all or none."""
        ids = _ids(queryset)
        try:
            sales = sales_deliver(sale_ids=ids, now=timezone.now())
        except DomainError as refusal:
            self._refuse(request, refusal)
        else:
            self._log(request, sales, "Delivered.")
            self.message_user(request, f"{counted(len(ids), 'sale')} delivered.", messages.SUCCESS)

    @admin.action(description="Void, with the reason", permissions=["decide"])
    def void(self, request: HttpRequest, queryset: QuerySet[Sale]) -> HttpResponse | None:
        try:
            return once(request, lambda: self._void(request, _ids(queryset)))
        except DomainError as refusal:
            self._refuse(request, refusal)
            return None

    def _void(self, request: HttpRequest, ids: list[UUID]) -> HttpResponse:
        sales = sales_void(
            sale_ids=ids,
            return_seats=bool(request.POST.get("return_seats")),
            act=admin_act(request, request.POST.get("reason", "")),
        )
        self._log(request, sales, f"Void: {sales[0].void_reason}")
        returned = sum(sale.seat_returned for sale in sales)
        self.message_user(
            request, f"{counted(len(ids), 'sale')} void, {counted(returned, 'seat')} back on sale.", messages.SUCCESS
        )
        return redirect(request.get_full_path())

    def _log(self, request: HttpRequest, sales: list[Sale], message: str) -> None:
        for sale in sales:
            self.log_change(request, sale, message)

    def _refuse(self, request: HttpRequest, refusal: DomainError) -> None:
        for detail in refusal.details:
            self.message_user(request, f"Nothing changed. {detail.detail}", messages.ERROR)

    @admin.display(description="How the payout came about")
    def steps(self, sale: Sale) -> SafeString:
        """The steps that were frozen on the day of the sale."""
        steps = sale.explanation["steps"]
        return format_html_join("", "<p>{}: {}</p>", ((step["value"] or "-", step["explanation"]) for step in steps))

    @admin.display(description="State", ordering="delivery_status")
    def state(self, sale: Sale) -> str:
        if sale.voided_at:
            return "Void"
        delivery = f"Delivery {sale.get_delivery_status_display().lower()}"
        return f"{delivery}, refund due" if sale.refund_due_at else delivery

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Record a sale that was made elsewhere; the listing determines split and seats."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = SaleForm(request.POST or None, initial={"listing": request.GET.get("listing", "")})
        if request.method == "POST" and form.is_valid():
            try:
                return once(request, lambda: self._record(request, form))
            except SaleRecordedAlready as refusal:
                form.add_error("invoice_number", ValidationError(f"{refusal.fact} {AGAIN}", code=refusal.code))
            except DomainError as refusal:
                for detail in refusal.details:
                    form.add_error(None, detail.detail)
        words = {"title": "Record a sale", "heading": "A sale that was made on a marketplace"}
        context = {"form": form, "form_token": new_token(), "button": "Record", "icon": "sell", **(extra_context or {})}
        listing = listing_in_words(listing_id=form["listing"].value())
        return self.own_page(request, "orders/sale_record.html", listing=listing, **words, **context)

    def _record(self, request: HttpRequest, form: SaleForm) -> HttpResponse:
        sold = {**form.cleaned_data}
        sold["marketplace"], sold["listing_id"] = sold["marketplace"].code, sold.pop("listing")
        sales = sale_record(**sold, act=admin_act(request))
        for sale in sales:
            self.log_addition(request, sale, "Recorded.")
        payout = cents_to_text(sum(sale.payout_cents for sale in sales))
        self.message_user(
            request, f"{counted(len(sales), 'seat')} sold, payout {payout} {sales[0].currency}.", messages.SUCCESS
        )
        return list_of("orders_sale", batch_id__exact=sales[0].batch_id)


def _ids(queryset: QuerySet[Sale]) -> list[UUID]:
    return list(queryset.order_by("id").values_list("id", flat=True))


@extends(Listing)
class ListingSales(SafeModelAdmin):
    """A link to the sales of a listing, and one to record another."""

    actions_detail = ("record_sale", "sales")
    sales = list_action("Sales", model="orders_sale", by="listing__id__exact", icon="receipt_long")

    @action(description="Record a sale", url_path="record-sale", permissions=["orders.add_sale"], icon="sell")
    def record_sale(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        return redirect(f"{reverse('admin:orders_sale_add')}?listing={object_id}")


list_added(TicketHolder, "Sales", model="orders_sale", by="holder__id__exact")
