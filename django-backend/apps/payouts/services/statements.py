"""Makes the monthly statements of holders."""

from datetime import datetime
from typing import Final

from django.db import connection, transaction

from apps.common.ids import uuid7
from apps.notifications.api import NewMessage, outbox_put_many
from apps.payouts.errors import MonthNotOver
from apps.payouts.locks import statements_locked
from apps.payouts.rules import Month
from apps.payouts.selectors import FACTS, facts_until, statements_due, statements_due_count
from apps.payouts.topics import StatementReady

CHUNK: Final = 500

# Lines and statements in one SQL statement: the sums are those of the lines that are written, so that no sale recorded
# meanwhile comes between. The foreign key is checked at the commit.
_INSERT: Final = f"""
WITH due AS (
    SELECT * FROM unnest(%(id)s::uuid[], %(holder_id)s::uuid[], %(currency)s::text[]) WITH ORDINALITY
        AS row(id, holder_id, currency, number)
), line AS (
    INSERT INTO payouts_statementline
        (statement_id, sale_id, kind, price_cents, commission_cents, payout_cents, happened_at)
    SELECT due.id, fact.sale_id, fact.kind, fact.price_cents, fact.commission_cents, fact.payout_cents, fact.happened_at
    FROM ({FACTS}) AS fact JOIN due USING (holder_id, currency)
    ORDER BY due.number, fact.happened_at, fact.sale_id, fact.kind
    RETURNING statement_id, kind, price_cents, commission_cents, payout_cents
)
INSERT INTO payouts_statement
    (id, holder_id, period_start_date, period_end_date, currency, sale_count, void_count,
     gross_cents, commission_cents, payout_cents, made_at)
SELECT due.id, due.holder_id, %(first)s, %(after)s, due.currency,
    count(*) FILTER (WHERE line.kind = 'sale'), count(*) FILTER (WHERE line.kind = 'void'),
    sum(line.price_cents), sum(line.commission_cents), sum(line.payout_cents), %(now)s
FROM line JOIN due ON due.id = line.statement_id
GROUP BY due.id, due.holder_id, due.currency
RETURNING id::text, holder_id::text
"""  # noqa: S608 - constants of ours


def statements_make(*, month: Month, now: datetime) -> int:
    """Make the statements of a month for all holders with new sales or voids; return how many.

    A statement has all sales with `sold_at`, and all voids with `voided_at`, before the end of the month (UTC) that are
    on no earlier statement. A holder has one for each month and currency, so what is recorded later is on the next
    month's. A second call makes what is missing. Each batch of 500 is one transaction; a failure does not revert
    earlier batches.

    Raises:
        MonthNotOver: the month is not over at `now`.
    """
    _check_over(month, now)
    made = 0
    while True:
        chunk = _chunk_make(month, now)
        made += chunk
        if chunk < CHUNK:
            return made


def statements_count(*, month: Month, now: datetime) -> int:
    """Return how many statements `statements_make` would make; nothing is written.

    Raises:
        MonthNotOver: the month is not over at `now`.
    """
    _check_over(month, now)
    return statements_due_count(month=month)


def _check_over(month: Month, now: datetime) -> None:
    if now < month.ends_at:
        raise MonthNotOver(month.name)


@transaction.atomic
def _chunk_make(month: Month, now: datetime) -> int:
    statements_locked()
    due = statements_due(month=month, limit=CHUNK)
    if not due:
        return 0
    parameters = {
        **facts_until(month),
        "after": month.after,
        "now": now,
        "id": [str(uuid7()) for _ in due],
        "holder_id": [str(holder_id) for holder_id, _ in due],
        "currency": [currency for _, currency in due],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, parameters)
        made = cursor.fetchall()
    messages = [
        NewMessage(
            payload=StatementReady(statement_id=statement_id, holder_id=holder_id), aggregate_key=f"holder:{holder_id}"
        )
        for statement_id, holder_id in made
    ]
    outbox_put_many(messages=messages, now=now)
    return len(made)
