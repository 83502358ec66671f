"""Monthly statements of holders; they never change."""

import pgtrigger
from django.db import models

from apps.common.ids import uuid7
from apps.holders.models import TicketHolder
from apps.orders.models import Sale
from apps.payouts.enums import StatementLineKind


class Statement(models.Model):
    """What one holder has earned in one currency in one calendar month (UTC); frozen by a trigger.

    Its lines are everything until the end of the month that is on no earlier statement, so a sale that was recorded
    late is on the next one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    holder = models.ForeignKey(
        TicketHolder, on_delete=models.PROTECT, related_name="statements", db_index=False
    )  # the indexes below begin with it
    period_start_date = models.DateField("month", help_text="First day of the month (UTC).")
    period_end_date = models.DateField(help_text="First day (UTC) on which the month is over.")
    currency = models.CharField(max_length=3)
    sale_count = models.PositiveIntegerField(help_text="Number of sale lines.")
    void_count = models.PositiveIntegerField(help_text="Number of void lines.")
    gross_cents = models.BigIntegerField(help_text="Prices of the sales, less those of the void ones, in cents.")
    commission_cents = models.BigIntegerField()
    payout_cents = models.BigIntegerField(help_text="Below zero when more became void than was sold.")
    made_at = models.DateTimeField()

    class Meta:
        ordering = ["-period_start_date", "-id"]
        indexes = [
            models.Index(fields=["holder", "-period_start_date", "-id"], name="statement_holder_newest"),
            models.Index(fields=["-period_start_date", "-id"], name="statement_newest"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["holder", "currency", "period_start_date"], name="statement_once"),
            models.CheckConstraint(
                condition=models.Q(gross_cents=models.F("commission_cents") + models.F("payout_cents")),
                name="statement_shares_sum_to_gross",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    period_start_date__day=1,
                    period_end_date__day=1,
                    period_end_date__gt=models.F("period_start_date"),
                ),
                name="statement_period_in_order",
            ),
            models.CheckConstraint(
                condition=models.Q(sale_count__gte=1) | models.Q(void_count__gte=1), name="statement_tells_something"
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays_as_told", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Statement {self.period_start_date:%Y-%m} {self.currency}"


class StatementLine(models.Model):
    """A sale or void on a statement, with the amounts of the frozen sale, negative for a void.

    Within a statement, ids are in chronological order.
    """

    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="lines", db_index=False)
    sale = models.ForeignKey(Sale, on_delete=models.PROTECT, related_name="statement_lines", db_index=False)
    kind = models.CharField(max_length=10, choices=StatementLineKind.choices)
    price_cents = models.IntegerField()
    commission_cents = models.IntegerField()
    payout_cents = models.IntegerField()
    happened_at = models.DateTimeField(help_text="When it was sold, or became void (UTC).")

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["statement", "id"], name="statementline_statement_id")]
        constraints = [
            # Nothing is on two statements, whatever runs at once.
            models.UniqueConstraint(fields=["sale", "kind"], name="statementline_told_once"),
            models.CheckConstraint(
                condition=models.Q(price_cents=models.F("commission_cents") + models.F("payout_cents")),
                name="statementline_shares_sum_to_price",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind=StatementLineKind.SALE, price_cents__gte=1, commission_cents__gte=0, payout_cents__gte=0
                )
                | models.Q(
                    kind=StatementLineKind.VOID, price_cents__lte=-1, commission_cents__lte=0, payout_cents__lte=0
                ),
                name="statementline_sign_fits_kind",
            ),
        ]
        triggers = [pgtrigger.Protect(name="stays_as_told", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.happened_at:%Y-%m-%d}"
