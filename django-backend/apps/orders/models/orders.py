"""What a buyer has ordered in our shop, and what becomes of it."""

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Event
from apps.common.model_fields import EmailLineField, LineField
from apps.common.models import BaseModel
from apps.listings.enums import DeliveryType, Disclosure
from apps.listings.models import Hold, Listing
from apps.orders.enums import ENDED_ORDER_STATUSES, OPEN_ORDER_STATUSES, TAKEN_ORDER_STATUSES, OrderStatus
from apps.payments.models import Payment


class Order(BaseModel):
    """Seats and products that one buyer pays for at once.

    Only `services/order_moves.py` writes the status, under the row lock. What the buyer pays is the prices and the
    fees, less the discount. All amounts are in cents.
    """

    number = models.CharField(max_length=9, unique=True, editable=False, help_text="What people call the order by.")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="orders"
    )
    name = LineField("buyer", max_length=200)
    email = EmailLineField("e-mail")
    buyer_key = models.CharField(max_length=64, editable=False, help_text="Keyed digest of the e-mail address.")
    address_key = models.CharField(
        max_length=64, blank=True, editable=False, help_text="Keyed digest of the IP address; for limits only."
    )
    transfer_email = EmailLineField("e-mail for transfers", blank=True)
    terms_version = models.CharField(max_length=40, help_text="Version of the terms that the buyer has accepted.")
    status = models.CharField(max_length=20, choices=OrderStatus.choices, default=OrderStatus.PENDING)
    currency = models.CharField(max_length=3)
    subtotal_cents = models.PositiveIntegerField(help_text="The list prices of seats and products.")
    fee_cents = models.PositiveIntegerField(help_text="The buyer's fees.")
    discount_cents = models.PositiveIntegerField(default=0)
    total_cents = models.PositiveIntegerField(help_text="What the buyer pays.")
    paid_cents = models.PositiveIntegerField(default=0)
    refunded_cents = models.PositiveIntegerField(default=0, help_text="Refunds that have arrived.")
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    placed_at = models.DateTimeField()
    held_until = models.DateTimeField(help_text="When the seats go back on sale, whatever the buyer does.")
    paid_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When it ended without a sale.")
    end_reason = models.CharField(max_length=500, blank=True, help_text="Why it ended, for the buyer.")
    disputed_at = models.DateTimeField(null=True, blank=True, help_text="Since when a bank disputes the payment.")
    erased_at = models.DateTimeField(null=True, blank=True, help_text="When the buyer's data was erased.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="order_user_id"),
            models.Index(fields=["buyer_key", "-id"], name="order_buyer_id"),
            models.Index(fields=["status", "-id"], name="order_status_id"),
            models.Index(
                fields=["address_key"], name="order_open_address", condition=Q(status__in=sorted(OPEN_ORDER_STATUSES))
            ),
            models.Index(
                fields=["held_until"], name="order_open_until", condition=Q(status__in=sorted(OPEN_ORDER_STATUSES))
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(status__in=OrderStatus.values), name="order_status_known"),
            models.CheckConstraint(
                condition=Q(total_cents=F("subtotal_cents") + F("fee_cents") - F("discount_cents")),
                name="order_total_is_the_sum",
            ),
            models.CheckConstraint(condition=Q(refunded_cents__lte=F("paid_cents")), name="order_refunded_within_paid"),
            models.CheckConstraint(
                condition=Q(status__in=sorted(OPEN_ORDER_STATUSES), paid_at__isnull=True, ended_at__isnull=True)
                | Q(status__in=sorted(TAKEN_ORDER_STATUSES), paid_at__isnull=False)
                | Q(status__in=sorted(ENDED_ORDER_STATUSES), paid_at__isnull=True, ended_at__isnull=False),
                name="order_times_fit_status",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="terms_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "number", "terms_version", "currency", "subtotal_cents", "fee_cents", "discount_cents",
                    "total_cents", "placed_at",
                ),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.number


class OrderLine(BaseModel):
    """Seats of one listing in an order, as they were held and shown to the buyer. All amounts are in cents."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="order_lines")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="order_lines")
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveSmallIntegerField()
    seats = ArrayField(models.CharField(max_length=30), help_text="As printed, in the order of the block.")
    price_cents = models.PositiveIntegerField(help_text="List price of a seat, held for the buyer.")
    fee_cents = models.PositiveIntegerField(help_text="The buyer's fee for a seat.")
    discount_cents = models.PositiveIntegerField(default=0, help_text="This line's part of the discount.")
    holder_discount_cents = models.PositiveIntegerField(default=0, help_text="What the holder bears of the discount.")
    delivery_type = models.CharField(max_length=20, choices=DeliveryType.choices)
    in_hand_date = models.DateField(null=True, blank=True)
    disclosures = ArrayField(models.CharField(max_length=30, choices=Disclosure.choices), default=list, blank=True)
    batch_id = models.UUIDField(null=True, blank=True, unique=True, help_text="Of the sales; empty: not sold.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "listing"], name="orderline_listing_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=1, seats__len=F("quantity")), name="orderline_seats_counted"
            ),
            models.CheckConstraint(
                condition=Q(discount_cents__lte=F("quantity") * (F("price_cents") + F("fee_cents")))
                & Q(holder_discount_cents__lte=F("discount_cents")),
                name="orderline_discount_in_range",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="offer_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "order", "listing", "event", "hold", "quantity", "seats", "price_cents", "fee_cents",
                    "discount_cents", "holder_discount_cents", "delivery_type", "in_hand_date", "disclosures",
                ),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.quantity} of {self.listing_id}"

    @property
    def total_cents(self) -> int:
        """What the buyer pays for the line."""
        return self.quantity * (self.price_cents + self.fee_cents) - self.discount_cents
