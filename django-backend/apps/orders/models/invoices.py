"""What buyers get in writing: invoices, credit notes and mails."""

from typing import Final

import pgtrigger
from django.db import models
from django.db.models import F, Q

from apps.common.models import BaseModel
from apps.orders.enums import InvoiceKind, OrderMailKind, OrderMailState
from apps.orders.models.orders import Order

# Something else than the e-mail address of the buyer, which may only be blanked.
_CHANGED: Final = (
    "to_jsonb(OLD.*) - 'buyer' - 'updated_at' IS DISTINCT FROM to_jsonb(NEW.*) - 'buyer' - 'updated_at'"
    " OR (NEW.buyer IS DISTINCT FROM OLD.buyer"
    """ AND NEW.buyer IS DISTINCT FROM jsonb_set(OLD.buyer, '{email}', '""'))"""
)
_PREFIXES: Final = {InvoiceKind.INVOICE: "INV", InvoiceKind.CREDIT_NOTE: "CN"}


class Invoice(BaseModel):
    """An invoice or a credit note, with everything that its PDF says; frozen by triggers.

    The one exception: the buyer's e-mail address can be blanked. Their name stays, as tax law asks for it.

    `services/invoices.py` numbers each kind without gaps. All amounts are in cents; those of a credit note are what the
    buyer gets back.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=20, choices=InvoiceKind.choices)
    number = models.PositiveIntegerField()
    reference = models.UUIDField(unique=True, help_text="The order of an invoice, or the refund of a credit note.")
    corrects = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="credit_notes",
        help_text="The invoice of a credit note.",
    )
    seller = models.JSONField(help_text="Lines of name and address.")
    buyer = models.JSONField(help_text="Name and e-mail.")
    lines = models.JSONField(
        help_text="The lines of the order; none if staff have not said which ones a refund is for."
    )
    currency = models.CharField(max_length=3)
    subtotal_cents = models.PositiveIntegerField()
    fee_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField()
    issued_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=Q(kind=InvoiceKind.INVOICE, corrects__isnull=True)
                | Q(kind=InvoiceKind.CREDIT_NOTE, corrects__isnull=False),
                name="invoice_corrected_by_credit_notes",
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="invoice_numbers_begin_at_one"),
            models.CheckConstraint(
                condition=Q(total_cents=F("subtotal_cents") + F("fee_cents") - F("discount_cents")),
                name="invoice_total_is_the_sum",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="stays_as_issued", operation=pgtrigger.Update, condition=pgtrigger.Condition(_CHANGED)
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """The number as people read it: `INV-000001`, `CN-000001`."""
        return f"{_PREFIXES[InvoiceKind(self.kind)]}-{self.number:06d}"


class OrderMail(BaseModel):
    """One mail to a buyer, and what became of it. `occasion` is what it is about, such as the order or a refund."""

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="mails")
    kind = models.CharField(max_length=20, choices=OrderMailKind.choices)
    occasion = models.UUIDField(editable=False)
    copy = models.PositiveSmallIntegerField(default=0, help_text="0: the first one; above: sent again on request.")
    state = models.CharField(max_length=20, choices=OrderMailState.choices, default=OrderMailState.QUEUED)
    queued_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=300, blank=True, help_text="Kind and place of the last failure, no data.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "occasion", "copy"], name="ordermail_once"),
            models.CheckConstraint(
                condition=Q(state=OrderMailState.SENT, sent_at__isnull=False)
                | (~Q(state=OrderMailState.SENT) & Q(sent_at__isnull=True)),
                name="ordermail_sent_at_fits_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, order {self.order}"
