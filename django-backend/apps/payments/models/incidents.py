"""What does not agree between Stripe and us."""

from django.db import models
from django.db.models import Q

from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.payments.enums import IncidentKind, IncidentState
from apps.payments.models.payments import Payment


class MoneyIncident(BaseModel):
    """Money that nobody can place without a person; decided once, with a reason."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="incidents", db_index=False)
    kind = models.CharField(max_length=30, choices=IncidentKind.choices)
    stripe_object_id = models.CharField(max_length=255, help_text="Session or refund that does not agree.")
    payment_intent_id = models.CharField(max_length=255, blank=True, help_text="Stripe's payment that has the money.")
    expected = models.JSONField(help_text="Ids and amounts as we have them.")
    found = models.JSONField(help_text="Ids and amounts as Stripe has them.")
    found_cents = models.PositiveIntegerField(help_text="The money in question.")
    state = models.CharField(max_length=20, choices=IncidentState.choices, default=IncidentState.OPEN)
    opened_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True, help_text="Id of the staff member who decided.")
    decision_reason = LineField(max_length=300, blank=True, help_text="Without names or addresses.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["payment", "kind", "stripe_object_id"], name="moneyincident_once"),
            models.CheckConstraint(
                condition=Q(state=IncidentState.OPEN, decided_at__isnull=True, decision_reason="")
                | (~Q(state=IncidentState.OPEN) & Q(decided_at__isnull=False) & ~Q(decision_reason="")),
                name="moneyincident_decided_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.stripe_object_id}"
