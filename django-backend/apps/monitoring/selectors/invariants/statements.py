"""Invariants of statements, checked without trusting the triggers that freeze them."""

from apps.monitoring.selectors.invariants.base import SqlInvariant


class StatementsSumTheirLines(SqlInvariant):
    """Statements, recomputed from the sales: an extra line or another amount is wrong money."""

    name = "statements_sum_their_lines"
    title = "Statements"
    sentence = "Each statement is the sum of its lines, and each line has the amounts of its sale."
    page = "payouts_statement"
    statement = """
        SELECT statement.id FROM payouts_statement AS statement LEFT JOIN (
            SELECT line.statement_id,
                count(*) FILTER (WHERE line.kind = 'sale') AS sales,
                count(*) FILTER (WHERE line.kind = 'void') AS voids, sum(line.price_cents) AS gross,
                sum(line.commission_cents) AS commission, sum(line.payout_cents) AS payout,
                bool_and(
                    (line.price_cents, line.commission_cents, line.payout_cents)
                    = (signed.sign * sale.price_cents, signed.sign * sale.commission_cents, signed.sign *
                    sale.payout_cents) AND sale.holder_id = own.holder_id AND sale.currency = own.currency AND
                    (line.kind = 'sale' OR sale.voided_at IS NOT NULL)
                ) AS is_true
            FROM payouts_statementline AS line
            JOIN payouts_statement AS own ON own.id = line.statement_id
            JOIN orders_sale AS sale ON sale.id = line.sale_id
            CROSS JOIN LATERAL (SELECT CASE line.kind WHEN 'sale' THEN 1 ELSE -1 END AS sign) AS signed
            GROUP BY line.statement_id
        ) AS sums ON sums.statement_id = statement.id
        WHERE (statement.sale_count, statement.void_count, statement.gross_cents, statement.commission_cents,
                statement.payout_cents)
            IS DISTINCT FROM (sums.sales, sums.voids, sums.gross, sums.commission, sums.payout)
            OR NOT sums.is_true
    """
