"""Statements and their lines in the admin, read-only, with links to them from holders and sales."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import list_added
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.holders.models import TicketHolder
from apps.orders.models import Sale
from apps.payouts.models import Statement, StatementLine


class _ReadOnly(ReadOnly, SafeModelAdmin):
    """Statements cannot be added, changed or deleted."""

    commission = column("Commission", lambda row: cents_to_text(row.commission_cents), by="commission_cents")
    payout = column("Payout", lambda row: cents_to_text(row.payout_cents), by="payout_cents")


@admin.register(Statement)
class StatementAdmin(_ReadOnly):
    """Statements by holder and month."""

    list_display = (
        "month", "holder", "currency", "sale_count", "void_count", "gross", "commission", "payout", "made_at",
    )  # fmt: skip
    list_select_related = ("holder__user",)
    list_filter = ("currency",)
    search_fields = ("holder__user__folded", "id__exact")
    empty_note = "Made on the first day of each month (UTC) for the month before, if something was sold or voided."
    date_hierarchy = "period_start_date"
    fields = (
        "holder", "period_start_date", "period_end_date", "currency", "sale_count", "void_count", "gross",
        "commission", "payout", "made_at", "lines_page",
    )  # fmt: skip
    readonly_fields = ("gross", "commission", "payout", "lines_page")
    month = column("Month", lambda statement: f"{statement.period_start_date:%Y-%m}", by="period_start_date")
    gross = column("Gross", lambda statement: cents_to_text(statement.gross_cents), by="gross_cents")

    @admin.display(description="Lines")
    def lines_page(self, statement: Statement) -> str:
        """A link to the lines; there may be thousands."""
        count = statement.sale_count + statement.void_count
        return page_link("payouts_statementline_changelist", counted(count, "line"), statement__id__exact=statement.pk)


@admin.register(StatementLine)
class StatementLineAdmin(_ReadOnly):
    """What a statement says about each sale."""

    list_display = (
        "happened_at", "kind", "holder", "event", "seat", "price", "commission", "payout", "statement",
    )  # fmt: skip
    list_select_related = ("statement__holder__user", "sale__event", "sale__ticket")
    list_filter = ("kind",)
    search_fields = ("statement__holder__user__folded", "sale__id__exact", "statement__id__exact")
    date_hierarchy = "happened_at"
    fields = ("statement", "sale_page", "kind", "price", "commission", "payout", "happened_at")
    readonly_fields = ("sale_page", "price", "commission", "payout")
    holder = column("Holder", lambda line: str(line.statement.holder), by="statement__holder__user__email")
    event = column("Event", lambda line: str(line.sale.event), by="sale__event__label")
    seat = column(
        "Seat",
        lambda line: f"{line.sale.ticket.section} / {line.sale.ticket.row} / {line.sale.ticket.seat}",
        by="sale__ticket__section",
    )
    price = column("Price", lambda line: cents_to_text(line.price_cents), by="price_cents")
    sale_page = column("Sale", lambda line: page_link("orders_sale_change", line.sale, key=line.sale_id))


# The lines that show a sale: none before its month is over, a second one for a void sale.
list_added(Sale, "Statements", model="payouts_statementline", by="sale__id__exact", icon="receipt_long")
list_added(TicketHolder, "Statements", model="payouts_statement", by="holder__id__exact")
