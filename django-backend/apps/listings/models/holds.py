"""Seats that are kept off sale for a buyer who is about to pay."""

from datetime import timedelta
from typing import Final

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.common.models import BaseModel
from apps.common.text import seats_named
from apps.listings.enums import HoldOutcome, HoldOwner
from apps.listings.models.listings import Listing

LONGEST_HOLD: Final = timedelta(hours=24)


class Hold(BaseModel):
    """Seats of one listing, kept for one owner at the current price until `expires_at`.

    A hold is live until `released_at` is set, whatever the clock says. While it is, its seats refer to it and are held;
    `seats` says which they were afterwards. Who ends or extends it has the lock of the listing.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="holds")
    owner_kind = models.CharField(max_length=20, choices=HoldOwner.choices)
    owner_id = models.UUIDField()
    seats = ArrayField(models.CharField(max_length=30), help_text="As printed, in the order of the block.")
    price_cents = models.PositiveIntegerField(help_text="What each seat is sold for, in cents.")
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True, help_text="When it ended, sold or not; empty: live.")
    outcome = models.CharField(max_length=20, choices=HoldOutcome.choices, blank=True)
    reason = models.CharField(max_length=500, blank=True, help_text="Why it ended before its time.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["owner_kind", "owner_id"], name="hold_owner"),
            models.Index(fields=["expires_at"], name="hold_live_expires_at", condition=Q(released_at__isnull=True)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(released_at__isnull=True) ^ ~Q(outcome=""), name="hold_ended_somehow"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("held_at"), expires_at__lte=F("held_at") + LONGEST_HOLD),
                name="hold_has_an_end",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="price_kept",
                operation=pgtrigger.UpdateOf(  # type: ignore[no-untyped-call]
                    "listing_id", "owner_kind", "owner_id", "seats", "price_cents", "held_at"
                ),
            )
        ]

    def __str__(self) -> str:
        return f"{self.listing}, {seats_named(self.seats)}"

    @property
    def owner(self) -> str:
        """The owner as logs and pages name it: `order:<uuid>`."""
        return f"{self.owner_kind}:{self.owner_id}"
