"""Which agreement gives the rate, and the explanation of a payout."""

from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.holders.rules import (
    CommissionRate,
    CommissionRule,
    CommissionScope,
    Payable,
    commission_rate,
    payout_explanation,
)

IDS = [UUID(int=number) for number in range(1, 4)]
SIDES = st.sampled_from([None, *IDS])
SCOPES = st.builds(CommissionScope, SIDES, SIDES)
AGREED = st.dictionaries(SCOPES.filter(any), st.integers(0, 9_999))


def oracle(agreed: dict[CommissionScope, int], sale: CommissionScope, default_bps: int) -> tuple[int, str]:
    """Look at every agreement, keep those that say nothing against the sale, take the most telling one."""
    fitting = []
    for (holder_id, team_id), rate_bps in agreed.items():
        if holder_id in (None, sale.holder_id) and team_id in (None, sale.team_id):
            weight = (2 if holder_id else 0) + (1 if team_id else 0)
            fitting.append((weight, rate_bps))
    weight, rate_bps = max(fitting, default=(0, default_bps))
    return rate_bps, ["default", "team", "holder", "holder_team"][weight]


class TestCommissionRate:
    @given(agreed=AGREED, sale=SCOPES, default_bps=st.integers(0, 9_999))
    def test_is_that_of_the_narrowest_agreement(self, agreed, sale, default_bps):
        """S3-22: holder and team, holder, team, default, in this order."""
        rate = commission_rate(agreed, sale=sale, default_bps=default_bps)
        assert (rate.rate_bps, rate.rule) == oracle(agreed, sale, default_bps)

    def test_of_nobody_for_no_team_is_the_default(self):
        agreed = {CommissionScope(IDS[0], None): 1, CommissionScope(None, IDS[1]): 2}
        rate = commission_rate(agreed, sale=CommissionScope(None, None), default_bps=2_000)
        assert rate == CommissionRate(2_000, CommissionRule.DEFAULT)

    def test_of_nothing_is_still_a_rate(self):
        """An agreement at 0 is one."""
        sale = CommissionScope(IDS[0], None)
        assert commission_rate({sale: 0}, sale=sale, default_bps=2_000) == CommissionRate(0, CommissionRule.HOLDER)


class TestPayoutExplanation:
    @given(price_cents=st.integers(1, 100_000_000), rate_bps=st.integers(0, 9_999))
    def test_can_be_followed_with_a_pencil(self, price_cents, rate_bps):
        """S3-23: each step follows from those before it."""
        explanation = payout_explanation(
            price_cents=price_cents,
            rate=CommissionRate(rate_bps, CommissionRule.TEAM),
            currency="USD",
            payable=Payable(date(2026, 1, 8), "Because."),
        )
        values = {step.step: step.value for step in explanation.steps}
        assert list(values) == ["base", "rate", "rounding", "commission", "payout", "payable_date"]
        assert values.pop("payable_date") == "2026-01-08"
        base, rate, exact, commission, payout = (Decimal(value) for value in values.values())
        assert exact == base * rate
        assert abs(commission - exact) <= Decimal("0.005")
        assert commission + payout == base == Decimal(price_cents) / 100

    def test_says_why_there_is_no_date(self):
        explanation = payout_explanation(
            price_cents=1,
            rate=CommissionRate(5_000, CommissionRule.DEFAULT),
            currency="USD",
            payable=Payable(None, "Not yet."),
        )
        assert explanation.steps[2].value == "0.005000"
        assert explanation.steps[3].value == "0.01"
        assert (explanation.steps[5].value, explanation.steps[5].explanation) == (None, "Not yet.")
