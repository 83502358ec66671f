"""Ticket holders, and the commissions agreed with them."""

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from phonenumber_field.modelfields import PhoneNumberField

from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.common.time import validate_time_zone

MAX_RATE_BPS = 9_999


class TicketHolder(BaseModel):
    """A seller: how to reach them and what interests them. Made at sign-up."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="ticket_holder")
    phone = PhoneNumberField(help_text="International form: +12155550123.")
    address = LineField(max_length=255)
    timezone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="IANA name of the holder's own zone."
    )
    is_season_ticket_interest = models.BooleanField("interested in season tickets", default=False)
    is_card_interest = models.BooleanField("interested in cards", default=False)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return str(self.user)


class CommissionAgreement(BaseModel):
    """The rate that applies to a holder, a team, or a holder's seats of a team, from one UTC date up to another.

    Two agreements of one scope never overlap in time. The exclusion constraint `commissionagreement_never_overlaps` of
    migration 0002 sees to it; its range type cannot be declared in Django.
    """

    holder = models.ForeignKey(
        TicketHolder,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commission_agreements",
        help_text="Empty: the rate is for everybody's seats of the team.",
    )
    team = models.ForeignKey(
        "catalog.Team",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="commission_agreements",
        help_text="Empty: the rate is for all seats of the holder.",
    )
    rate_bps = models.PositiveSmallIntegerField(
        validators=[MaxValueValidator(MAX_RATE_BPS)], help_text="Basis points: 1,500 are 15 %."
    )
    valid_from = models.DateField(help_text="First day (UTC).")
    valid_until = models.DateField(null=True, blank=True, help_text="First day (UTC) on which it is over.")
    note = LineField(max_length=300, help_text="Why this rate was agreed.")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-valid_from", "-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(holder__isnull=False) | models.Q(team__isnull=False),
                name="commissionagreement_has_scope",
                violation_error_message="Choose a holder, a team, or both.",
            ),
            models.CheckConstraint(
                condition=models.Q(rate_bps__lte=MAX_RATE_BPS), name="commissionagreement_rate_in_range"
            ),
            models.CheckConstraint(
                # Equal dates: withdrawn before it ever applied.
                condition=models.Q(valid_until__isnull=True) | models.Q(valid_until__gte=models.F("valid_from")),
                name="commissionagreement_dates_in_order",
                violation_error_message="An agreement does not end before it begins.",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="terms_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("holder", "team", "rate_bps", "valid_from", "note", "made_by"),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Commission agreement from {self.valid_from}"
