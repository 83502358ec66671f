"""Money that goes back: by a refund of ours, or by the buyer's bank."""

from django.db import models
from django.db.models import Q

from apps.common.models import BaseModel
from apps.payments.enums import RefundReason, RefundStatus
from apps.payments.models.payments import Payment


class Refund(BaseModel):
    """A refund of a whole payment or a part of it; requested in one transaction, sent to Stripe after it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    reference = models.UUIDField(null=True, blank=True, help_text="Its owner's id; none if made in Stripe's dashboard.")
    payment_intent_id = models.CharField(max_length=255, help_text="Stripe's payment that it gives back.")
    amount_cents = models.PositiveIntegerField()
    reason = models.CharField(max_length=30, choices=RefundReason.choices)
    status = models.CharField(max_length=30, choices=RefundStatus.choices, default=RefundStatus.PENDING)
    attempt = models.PositiveSmallIntegerField(default=1, help_text="Counts the idempotency keys.")
    stripe_refund_id = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=100, blank=True, help_text="Stripe's code for why it failed.")
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When Stripe was last asked to make it.")
    checked_at = models.DateTimeField(help_text="When the sweep last looked at it, or it was requested.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["checked_at"],
                name="refund_unfinished",
                condition=Q(status__in=["pending", "requires_action", "balance_insufficient"]),
            )
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["payment", "reference"], condition=Q(reference__isnull=False), name="refund_once_for_reference"
            ),
            models.UniqueConstraint(
                fields=["stripe_refund_id"], condition=~Q(stripe_refund_id=""), name="refund_stripe_id_once"
            ),
            models.CheckConstraint(condition=Q(amount_cents__gte=1), name="refund_gives_something"),
            models.CheckConstraint(condition=Q(status__in=RefundStatus.values), name="refund_status_known"),
        ]

    def __str__(self) -> str:
        return f"Refund {self.id}"

    @property
    def idempotency_key(self) -> str:
        """The key of the present attempt: Stripe repeats stored errors, so a failed attempt gets another one."""
        return f"refund:{self.id}:{self.attempt}"


class Dispute(BaseModel):
    """A payment that the buyer's bank disputes, as Stripe last described it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    stripe_dispute_id = models.CharField(max_length=255, unique=True)
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=100, help_text="In Stripe's words.")
    status = models.CharField(max_length=100, help_text="In Stripe's words.")
    net_cents = models.IntegerField(help_text="What it has moved on our balance, fees included; below zero: taken.")
    due_by = models.DateTimeField(null=True, blank=True, help_text="Until when Stripe takes evidence.")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Dispute {self.stripe_dispute_id}"
