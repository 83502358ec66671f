"""Reads of statements, and of what the next ones will contain."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from apps.common.csv_downloads import csv_line
from apps.common.money import cents_to_text, rate_to_text
from apps.holders.api import holder_id_of
from apps.payouts.models import Statement, StatementLine
from apps.payouts.rules import Month
from apps.users.models import User

# What happened before the end of the month and is on no statement. A void comes with its sale or after it, never
# before. Holders who have a statement of this month or a later one wait for the next month: a statement is final, and
# those of a holder are made in chronological order.
FACTS: Final = """
SELECT sale.id AS sale_id, sale.holder_id, sale.currency, change.kind, change.happened_at,
    change.sign * sale.price_cents AS price_cents, change.sign * sale.commission_cents AS commission_cents,
    change.sign * sale.payout_cents AS payout_cents
FROM orders_sale AS sale
CROSS JOIN LATERAL (VALUES ('sale', 1, sale.sold_at), ('void', -1, sale.voided_at)) AS change(kind, sign, happened_at)
WHERE sale.sold_at < %(ends_at)s AND change.happened_at < %(ends_at)s
    AND NOT EXISTS (
        SELECT FROM payouts_statementline AS line WHERE line.sale_id = sale.id AND line.kind = change.kind
    )
    AND NOT EXISTS (
        SELECT FROM payouts_statement AS made
        WHERE made.holder_id = sale.holder_id AND made.currency = sale.currency AND made.period_start_date >= %(first)s
    )
"""
_DUE: Final = f"""
SELECT DISTINCT holder_id, currency FROM ({FACTS}) AS fact ORDER BY holder_id, currency LIMIT %(limit)s
"""  # noqa: S608 - constants of ours
_DUE_COUNT: Final = f"SELECT count(DISTINCT (holder_id, currency)) FROM ({FACTS}) AS fact"  # noqa: S608 - as above
_STATEMENT: Final = (
    "id", "period_start_date", "period_end_date", "currency", "sale_count", "void_count", "gross_cents",
    "commission_cents", "payout_cents", "made_at",
)  # fmt: skip
_LINE: Final = (
    "id", "kind", "happened_at", "sale_id", "sale__event_id", "sale__event__name", "sale__event__label",
    "sale__event__starts_at", "sale__event__status", "sale__ticket__section", "sale__ticket__row", "sale__ticket__seat",
    "sale__marketplace__code", "sale__marketplace__name", "price_cents", "sale__currency", "sale__rate_bps",
    "sale__rate_rule", "commission_cents", "payout_cents", "sale__explanation",
)  # fmt: skip
# The columns of a CSV, with those of a line that they show; amounts stay numbers.
_CSV_TEXTS: Final = {
    "kind": "kind", "happened_at": "happened_at", "sale": "sale_id", "event": "sale__event__label",
    "starts_at": "sale__event__starts_at", "section": "sale__ticket__section", "row": "sale__ticket__row",
    "seat": "sale__ticket__seat", "marketplace": "sale__marketplace__name", "rule": "sale__rate_rule",
    "rate": "sale__rate_bps", "currency": "sale__currency",
}  # fmt: skip
_CSV_AMOUNTS: Final = {"price": "price_cents", "commission": "commission_cents", "payout": "payout_cents"}
_CSV_PAGE: Final = 1_000


def statements_of(*, user: User) -> QuerySet[Statement, dict[str, Any]]:
    """Return the user's own statements."""
    own = Statement.objects.filter(holder=holder_id_of(user=user))
    rows: QuerySet[Statement, dict[str, Any]] = own.order_by().values(*_STATEMENT)
    return rows


def statements_for_staff() -> QuerySet[Statement, dict[str, Any]]:
    """Return the statements of all holders, with the holder."""
    rows: QuerySet[Statement, dict[str, Any]] = Statement.objects.order_by().values(*_STATEMENT, "holder_id")
    return rows


def statement_lines(*, statement_id: UUID) -> QuerySet[StatementLine, dict[str, Any]]:
    """Return the lines of a statement with the columns for holders; the caller checks whose it is."""
    lines = StatementLine.objects.filter(statement=statement_id)
    rows: QuerySet[StatementLine, dict[str, Any]] = lines.order_by().values(*_LINE)
    return rows


def statements_due(*, month: Month, limit: int) -> list[tuple[UUID, str]]:
    """Return holder and currency of up to `limit` statements that are due for a month that is over."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE, {**facts_until(month), "limit": limit})
        due: list[tuple[UUID, str]] = cursor.fetchall()
    return due


def statements_due_count(*, month: Month) -> int:
    """Return how many statements are due for a month that is over."""
    with connection.cursor() as cursor:
        cursor.execute(_DUE_COUNT, facts_until(month))
        count: int = cursor.fetchone()[0]
    return count


def facts_until(month: Month) -> Mapping[str, Any]:
    """Return the parameters of `FACTS` for a month."""
    return {"ends_at": month.ends_at, "first": month.first}


def statement_csv_text(*, statement_id: UUID) -> Iterator[str]:
    """Yield all lines of a statement as CSV in chronological order, below a header.

    Reads a thousand lines at a time. Texts are safe to open in a spreadsheet. Amounts stay numbers, even negative ones,
    so that people can sum them.
    """
    yield csv_line([*_CSV_TEXTS, *_CSV_AMOUNTS])
    rows = statement_lines(statement_id=statement_id).order_by("id")
    page = list(rows[:_CSV_PAGE])
    while page:
        for row in page:
            texts = [_text(name, row[name]) for name in _CSV_TEXTS.values()]
            yield csv_line(texts, [cents_to_text(row[name]) for name in _CSV_AMOUNTS.values()])
        page = list(rows.filter(id__gt=page[-1]["id"])[:_CSV_PAGE]) if len(page) == _CSV_PAGE else []


def _text(name: str, value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds")
    return rate_to_text(value) if name == "sale__rate_bps" else str(value)
