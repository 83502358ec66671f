"""What mails and notices to holders say about a statement."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.defaultfilters import pluralize

from apps.common.money import cents_to_text
from apps.notifications.api import NoticeWords
from apps.payouts.enums import StatementLineKind
from apps.payouts.models import Statement
from apps.payouts.rules import month_title


def statement_context(*, statement: Statement, lines: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the context of the mail about a statement; `lines` are its first ones, the mail counts the others."""
    count = statement.sale_count + statement.void_count
    return {
        "month": month_title(statement.period_start_date),
        "counts": _counts(statement),
        "gross": cents_to_text(statement.gross_cents),
        "commission": cents_to_text(statement.commission_cents),
        "payout": f"{cents_to_text(statement.payout_cents)} {statement.currency}",
        "sign": (statement.payout_cents > 0) - (statement.payout_cents < 0),
        "lines": [
            {
                "is_void": line["kind"] == StatementLineKind.VOID,
                "event": line["sale__event__label"],
                "place": f"section {line['sale__ticket__section']}, row {line['sale__ticket__row']}, "
                f"seat {line['sale__ticket__seat']}",
                "on": line["happened_at"].date().isoformat(),
                "price": cents_to_text(line["price_cents"]),
                "commission": cents_to_text(line["commission_cents"]),
                "payout": cents_to_text(line["payout_cents"]),
            }
            for line in lines
        ],
        "more": count - len(lines),
    }


def statement_notice(context: Mapping[str, Any]) -> NoticeWords:
    """Return the notice about a statement, from its `statement_context`."""
    sums = f"Price {context['gross']}, commission {context['commission']}, payout {context['payout']}."
    return NoticeWords(f"Your statement for {context['month']}: {context['payout']}", f"{context['counts']}.\n{sums}")


def _counts(statement: Statement) -> str:
    sales, voids = statement.sale_count, statement.void_count
    parts = [f"{sales} seat{pluralize(sales)} sold"] if sales else []
    parts += [f"{voids} sale{pluralize(voids)} void"] if voids else []
    return ", ".join(parts)
