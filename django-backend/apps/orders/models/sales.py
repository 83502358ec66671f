"""What was sold: one sale per seat, with the split as it was on that day."""

import pgtrigger
from django.conf import settings
from django.db import models

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.common.money import MAX_PRICE_CENTS
from apps.holders.enums import CommissionRule
from apps.holders.models import MAX_RATE_BPS, TicketHolder
from apps.listings.models import Listing, Ticket
from apps.orders.enums import HOUSE, DeliveryStatus


class Marketplace(BaseModel):
    """Where seats are sold; a new one is a new row, not new code."""

    code = models.SlugField(max_length=40, unique=True, help_text="Stable name for programs: ticket-evolution.")
    name = LineField(max_length=100, unique=True)
    is_active = models.BooleanField("active", default=True, help_text="Sales can be recorded for it.")

    class Meta:
        ordering = ["name"]
        triggers = [
            pgtrigger.Protect(
                name="house_stays",
                operation=pgtrigger.Update | pgtrigger.Delete,
                condition=pgtrigger.Condition(f"OLD.code = '{HOUSE}'"),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Sale(BaseModel):
    """One seat, sold: the price the buyer agreed to and its split, frozen by a trigger for good.

    A void sale stays; a seat has at most one sale that is not void.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.PROTECT, related_name="sales")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="sales")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="sales")
    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="sales")
    marketplace = models.ForeignKey(Marketplace, on_delete=models.PROTECT, related_name="sales")
    batch_id = models.UUIDField(help_text="The same for all seats that were sold together.")
    invoice_number = LineField(max_length=100, help_text="Of the marketplace.")
    customer_reference = LineField(max_length=200, blank=True, help_text="Of the buyer, at the marketplace.")
    price_cents = models.PositiveIntegerField(help_text="What the buyer agreed to pay for the seat, in cents.")
    currency = models.CharField(max_length=3)
    rate_bps = models.PositiveSmallIntegerField(help_text="Commission rate, in basis points.")
    rate_rule = models.CharField(max_length=20, choices=[(rule.value, rule.value) for rule in CommissionRule])
    commission_cents = models.PositiveIntegerField()
    payout_cents = models.PositiveIntegerField()
    explanation = models.JSONField(help_text="The payout, step by step, as it was on the day of the sale.")
    sold_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=ChangeSource.choices)
    delivery_status = models.CharField(max_length=20, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING)
    delivered_at = models.DateTimeField(null=True, blank=True)
    refund_due_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when the buyer is owed the price back: the event was cancelled."
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = LineField(max_length=300, blank=True)
    seat_returned = models.BooleanField(default=False, help_text="The void sale's seat went back on sale.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["holder", "-sold_at", "-id"], name="sale_holder_sold_at_id"),
            models.Index(fields=["-sold_at", "-id"], name="sale_sold_at_id"),
            models.Index(fields=["batch_id"], name="sale_batch"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["ticket"], condition=models.Q(voided_at__isnull=True), name="sale_ticket_sold_once"
            ),
            models.CheckConstraint(
                condition=models.Q(price_cents=models.F("commission_cents") + models.F("payout_cents")),
                name="sale_shares_sum_to_price",
            ),
            models.CheckConstraint(
                condition=models.Q(price_cents__gte=1, price_cents__lte=MAX_PRICE_CENTS), name="sale_price_in_range"
            ),
            models.CheckConstraint(condition=models.Q(rate_bps__lte=MAX_RATE_BPS), name="sale_rate_in_range"),
            models.CheckConstraint(
                condition=models.Q(voided_at__isnull=True, void_reason="", seat_returned=False)
                | (models.Q(voided_at__isnull=False) & ~models.Q(void_reason="")),
                name="sale_void_has_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(delivery_status=DeliveryStatus.PENDING, delivered_at__isnull=True)
                | models.Q(delivery_status=DeliveryStatus.COMPLETE, delivered_at__isnull=False),
                name="sale_delivered_has_time",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="split_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "ticket", "listing", "event", "holder", "marketplace", "batch_id", "price_cents", "currency",
                    "rate_bps", "rate_rule", "commission_cents", "payout_cents", "explanation", "sold_at",
                    "recorded_by", "source",
                ),
            ),
            pgtrigger.Protect(
                name="void_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.voided_at IS NOT NULL"),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]  # fmt: skip

    def __str__(self) -> str:
        ticket = self.ticket
        return f"{self.event}, section {ticket.section}, row {ticket.row}, seat {ticket.seat}"
