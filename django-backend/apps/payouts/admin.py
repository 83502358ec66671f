"""Statements and their lines in the admin, read-only, with links to them from holders and sales."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import extends
from apps.common.admin_links import list_action, page_link
from apps.common.money import cents_to_text
from apps.common.text import counted
from apps.holders.models import TicketHolder
from apps.orders.models import Sale
from apps.payouts.models import Statement, StatementLine


class _ReadOnly(ReadOnly, SafeModelAdmin):
    """Statements cannot be added, changed or deleted."""

    @admin.display(description="Commission", ordering="commission_cents")
    def commission(self, row: Statement | StatementLine) -> str:
        return cents_to_text(row.commission_cents)

    @admin.display(description="Payout", ordering="payout_cents")
    def payout(self, row: Statement | StatementLine) -> str:
        return cents_to_text(row.payout_cents)


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

    @admin.display(description="Month", ordering="period_start_date")
    def month(self, statement: Statement) -> str:
        return f"{statement.period_start_date:%Y-%m}"

    @admin.display(description="Gross", ordering="gross_cents")
    def gross(self, statement: Statement) -> str:
        return cents_to_text(statement.gross_cents)

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

    @admin.display(description="Holder", ordering="statement__holder__user__email")
    def holder(self, line: StatementLine) -> str:
        return str(line.statement.holder)

    @admin.display(description="Event", ordering="sale__event__label")
    def event(self, line: StatementLine) -> str:
        return str(line.sale.event)

    @admin.display(description="Seat", ordering="sale__ticket__section")
    def seat(self, line: StatementLine) -> str:
        ticket = line.sale.ticket
        return f"{ticket.section} / {ticket.row} / {ticket.seat}"

    @admin.display(description="Price", ordering="price_cents")
    def price(self, line: StatementLine) -> str:
        return cents_to_text(line.price_cents)

    @admin.display(description="Sale")
    def sale_page(self, line: StatementLine) -> str:
        return page_link("orders_sale_change", line.sale, key=line.sale_id)


@extends(Sale)
class SaleStatements(SafeModelAdmin):
    """The lines that show a sale: none before its month is over, a second one for a void sale."""

    actions_detail = ("statement_lines",)
    statement_lines = list_action(
        "Statements", model="payouts_statementline", by="sale__id__exact", icon="receipt_long"
    )


@extends(TicketHolder)
class HolderStatements(SafeModelAdmin):
    """A link to the statements of a holder."""

    actions_detail = ("statements",)
    statements = list_action("Statements", model="payouts_statement", by="holder__id__exact")
