"""What is paid, and the Checkout Sessions that were made for it."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.common.models import BaseModel
from apps.payments.enums import (
    LIVE_ATTEMPT_STATUSES,
    OPEN_PAYMENT_STATUSES,
    TAKEN_PAYMENT_STATUSES,
    AttemptStatus,
    PaymentStatus,
    Purpose,
)
from apps.payments.rules import MAX_AMOUNT_CENTS, MIN_AMOUNT_CENTS


class Payment(BaseModel):
    """One thing that is paid once. Its owner knows who pays; `reference` is the owner's id of it.

    Only `services/moving.py` writes the status, under the row lock.
    """

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    reference = models.UUIDField(help_text="Id of what is paid.")
    amount_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, help_text="In lower case, as Stripe writes it.")
    is_live = models.BooleanField(help_text="Real money: it was begun with a live key.")
    status = models.CharField(max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.PENDING)
    paid_cents = models.PositiveIntegerField(default=0, help_text="What Stripe has taken in all.")
    refunded_cents = models.PositiveIntegerField(default=0, help_text="Refunds on their way or arrived.")
    paid_at = models.DateTimeField(null=True, blank=True)
    moved_at = models.DateTimeField(help_text="When the status changed last.")
    checked_at = models.DateTimeField(help_text="When the sweep last asked Stripe, or the payment began.")
    frozen_until = models.DateTimeField(null=True, blank=True, help_text="A money incident waits for staff.")
    fraud_warned_at = models.DateTimeField(null=True, blank=True, help_text="When the card's issuer suspected fraud.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["checked_at"],
                name="payment_open_checked",
                condition=Q(status__in=sorted(OPEN_PAYMENT_STATUSES)),
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "reference"], name="payment_once_for_reference"),
            models.CheckConstraint(condition=Q(status__in=PaymentStatus.values), name="payment_status_known"),
            models.CheckConstraint(
                condition=Q(amount_cents__gte=MIN_AMOUNT_CENTS, amount_cents__lte=MAX_AMOUNT_CENTS),
                name="payment_amount_in_range",
            ),
            models.CheckConstraint(
                condition=Q(status__in=sorted(TAKEN_PAYMENT_STATUSES), paid_at__isnull=False, paid_cents__gte=1)
                | (~Q(status__in=sorted(TAKEN_PAYMENT_STATUSES)) & Q(paid_at__isnull=True, paid_cents=0)),
                name="payment_taken_fits_status",
            ),
            models.CheckConstraint(
                condition=Q(refunded_cents__lte=F("paid_cents")), name="payment_refunded_within_paid"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="terms_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("purpose", "reference", "amount_cents", "currency", "is_live"),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.reference}"


class PaymentAttempt(BaseModel):
    """One Checkout Session: committed with every parameter of its call before the call is made.

    What the call says about people is asked for again each time, and only its digest is kept: a repeated call sends the
    same, or is not made.
    """

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="From 1 for each payment.")
    status = models.CharField(max_length=20, choices=AttemptStatus.choices, default=AttemptStatus.NEW)
    parameters = models.JSONField(help_text="Parameters of the call that say nothing about people.")
    parameters_digest = models.CharField(max_length=64, help_text="Keyed SHA-256 of all parameters.")
    expires_at = models.DateTimeField(help_text="When Stripe ends the session.")
    session_id = models.CharField(max_length=255, blank=True)
    payment_intent_id = models.CharField(max_length=255, blank=True, db_index=True)
    charge_id = models.CharField(max_length=255, blank=True)
    customer_id = models.CharField(max_length=255, blank=True)
    error_code = models.CharField(max_length=100, blank=True, help_text="Stripe's code for why it refused.")
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["payment", "number"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="paymentattempt_number_once"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(status__in=LIVE_ATTEMPT_STATUSES), name="paymentattempt_live_once"
            ),
            models.UniqueConstraint(
                fields=["session_id"], condition=~Q(session_id=""), name="paymentattempt_session_once"
            ),
            models.CheckConstraint(condition=Q(status__in=AttemptStatus.values), name="paymentattempt_status_known"),
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}"

    @property
    def idempotency_key(self) -> str:
        """The key under which the session is made; the same however often the call is repeated."""
        return f"session:{self.id}"
