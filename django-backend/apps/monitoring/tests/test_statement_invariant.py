"""The sums of statements: planted damage is found with its ids, sound data is not."""

import pytest
from django.utils import timezone

from apps.listings.testing.stories import on_sale
from apps.monitoring.selectors.invariants import INVARIANTS, Found
from apps.monitoring.tests.damage import unguarded, write
from apps.payouts.models import Statement
from apps.payouts.testing.stories import FEBRUARY, at, make, sell, statement_of, unsell

pytestmark = pytest.mark.django_db
LINE, STATEMENT = "payouts_statementline", "payouts_statement"
CHECKS = [
    f"{STATEMENT}.statement_shares_sum_to_gross", f"{LINE}.statementline_shares_sum_to_price",
    f"{LINE}.statementline_sign_fits_kind",
]  # fmt: skip


def find() -> Found:
    [invariant] = [one for one in INVARIANTS if one.name == "statements_sum_their_lines"]
    return invariant.find(now=timezone.now())


@pytest.fixture
def february() -> Statement:
    """A statement with a sale and a void; one before it and one of another holder are sound."""
    listing = on_sale()
    sale = sell(listing, "1", on=at(1, 5))[0]
    sell(on_sale(), "1", "2", on=at(1, 6))
    statement_of(sale)
    unsell(sale, on=at(2, 6))
    sell(listing, "2", on=at(2, 7))
    make(FEBRUARY)
    return Statement.objects.get(period_start_date=FEBRUARY.first)


class TestStatements:
    def test_are_sound_as_they_are_made(self, february: Statement) -> None:
        assert find() == Found()

    @pytest.mark.parametrize(
        "damage",
        [
            f"UPDATE {STATEMENT} SET payout_cents = payout_cents + 1 WHERE id = %s",
            f"UPDATE {STATEMENT} SET commission_cents = commission_cents - 1 WHERE id = %s",
            f"UPDATE {STATEMENT} SET gross_cents = gross_cents + 1, payout_cents = payout_cents + 1 WHERE id = %s",
            f"UPDATE {STATEMENT} SET sale_count = 2 WHERE id = %s",
            f"UPDATE {STATEMENT} SET void_count = 0 WHERE id = %s",
            f"UPDATE {STATEMENT} SET currency = 'CAD' WHERE id = %s",
            f"UPDATE {LINE} SET payout_cents = payout_cents + 1 WHERE kind = 'sale' AND statement_id = %s",
            f"UPDATE {LINE} SET kind = 'sale' WHERE kind = 'void' AND statement_id = %s",
            f"DELETE FROM {LINE} WHERE kind = 'void' AND statement_id = %s",
            f"DELETE FROM {LINE} WHERE statement_id = %s",
            # Line and statement still agree; the sales do not.
            f"UPDATE {LINE} SET price_cents = price_cents + 5, payout_cents = payout_cents + 5 WHERE statement_id = %s",
            f"UPDATE {LINE} SET kind = CASE kind WHEN 'sale' THEN 'void' ELSE 'sale' END WHERE statement_id = %s",
        ],
    )
    def test_are_found_when_damaged(self, february: Statement, damage: str) -> None:
        """Past the triggers and the checks."""
        with unguarded(*CHECKS, f"{LINE}.statementline_told_once"):
            write(damage, february.id)
        assert find() == Found(1, (str(february.id),))
