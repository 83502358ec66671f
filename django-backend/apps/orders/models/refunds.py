"""Money that goes back to buyers, and of which seats."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.products import OrderProduct
from apps.orders.models.sales import Sale
from apps.payments.enums import RefundReason
from apps.payments.models import Dispute, Refund


class EventRefundRun(BaseModel):
    """The refund of every order with seats of a cancelled event, one after the other, until none is left.

    What is left to do is a fact of the sales: those that owe a refund and are not void. So a crash loses nothing.
    """

    event = models.OneToOneField(Event, on_delete=models.PROTECT, related_name="refund_run")
    begun_at = models.DateTimeField()
    begun_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    problems = models.JSONField(
        default=dict, blank=True, help_text="Orders that could not be refunded, by id, and why; staff decide."
    )
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When all its refunds had ended.")

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["begun_at"], name="refundrun_unfinished", condition=Q(ended_at__isnull=True))]

    def __str__(self) -> str:
        return f"Refunds for {self.event}"


class OrderRefund(BaseModel):
    """A refund of an order or a part of it: by a refund of payments, which has the status, or by a lost dispute.

    Its lines say which seats it gives back. Those of a refund that was made in Stripe's dashboard may be missing until
    staff say what it was for.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    payment_refund = models.OneToOneField(Refund, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    dispute = models.OneToOneField(Dispute, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    amount_cents = models.PositiveIntegerField()
    reason = models.CharField(max_length=30, choices=RefundReason.choices, blank=True, help_text="Empty: a dispute.")
    note = LineField(max_length=300, blank=True, help_text="For the buyer.")
    returns_seats = models.BooleanField(default=False, help_text="Its seats go back on sale.")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    requested_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=ChangeSource.choices)
    run = models.ForeignKey(
        EventRefundRun, on_delete=models.PROTECT, null=True, blank=True, related_name="refunds", editable=False
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gte=1), name="orderrefund_gives_something"),
            models.CheckConstraint(
                condition=(Q(payment_refund__isnull=False, dispute__isnull=True) & ~Q(reason=""))
                | Q(payment_refund__isnull=True, dispute__isnull=False, reason=""),
                name="orderrefund_one_cause",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="request_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("order", "payment_refund", "dispute", "amount_cents", "requested_at"),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Refund of order {self.order}"


class OrderRefundLine(BaseModel):
    """What a refund gives back for one seat, or for a line of products: all of it, or a part. All amounts are in cents.

    The amount is list price and fee, less the discount. A sale that is not void stands, whatever was refunded.
    """

    refund = models.ForeignKey(OrderRefund, on_delete=models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_lines")
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_lines")
    product = models.ForeignKey(
        OrderProduct, on_delete=models.PROTECT, null=True, blank=True, related_name="refund_lines"
    )
    amount_cents = models.PositiveIntegerField()
    list_cents = models.PositiveIntegerField(help_text="Of the list price.")
    commission_cents = models.PositiveIntegerField(help_text="The house's share of that; the rest is the holder's.")
    fee_cents = models.PositiveIntegerField(help_text="Of the buyer's fee.")
    discount_cents = models.PositiveIntegerField(help_text="Of the discount.")
    holder_discount_cents = models.PositiveIntegerField(help_text="What the holder bore of that.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["refund", "sale"], name="orderrefundline_seat_once"),
            models.CheckConstraint(
                condition=Q(line__isnull=False, sale__isnull=False, product__isnull=True)
                | Q(line__isnull=True, sale__isnull=True, product__isnull=False),
                name="orderrefundline_seat_or_product",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents=F("list_cents") + F("fee_cents") - F("discount_cents")),
                name="orderrefundline_amount_is_the_sum",
            ),
            models.CheckConstraint(
                condition=Q(commission_cents__lte=F("list_cents")) & Q(holder_discount_cents__lte=F("discount_cents")),
                name="orderrefundline_shares_in_range",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="stays", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.amount_cents} of {self.refund_id}"
