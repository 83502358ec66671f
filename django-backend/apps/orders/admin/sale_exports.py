"""Which columns the CSV of sales has."""

from typing import Any

from django.db.models import QuerySet
from import_export.fields import Field

from apps.common.exports import CentsField, SafeResource
from apps.common.money import rate_to_text
from apps.orders.models import Sale


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
