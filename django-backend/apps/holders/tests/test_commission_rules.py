"""Which agreement gives the rate, and the explanation of a payout."""

import json
from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from apps.holders.enums import CommissionRule
from apps.holders.rules import (
    AgreedRate,
    CommissionRate,
    CommissionScope,
    Payable,
    RateKey,
    commission_rate,
    payout_explanation,
)

DAY = date(2026, 1, 1)
IDS = [UUID(int=number) for number in range(1, 4)]
SIDES = st.sampled_from([None, *IDS])
SCOPES = st.builds(CommissionScope, SIDES, SIDES)
RATES = st.integers(0, 9_999)
KEYS = st.builds(RateKey, SIDES, SIDES, st.none() | RATES)
AGREED = st.dictionaries(SCOPES.filter(any), st.builds(AgreedRate, RATES, st.dates()))


def oracle(agreed: dict[CommissionScope, AgreedRate], key: RateKey, default_bps: int) -> tuple[int, str, date | None]:
    """Weigh whatever says nothing against the sale, and take the weightiest."""
    fitting: list[tuple[int, int, date | None]] = [(0, default_bps, None)]
    for (holder_id, team_id), (rate_bps, since) in agreed.items():
        if holder_id in (None, key.holder_id) and team_id in (None, key.team_id):
            fitting.append(((2 if holder_id else 0) + (1 if team_id else 0), rate_bps, since))
    if key.listing_rate_bps is not None:
        fitting.append((4, key.listing_rate_bps, None))
    weight, rate_bps, since = max(fitting, key=lambda rate: rate[0])
    return rate_bps, ["default", "team", "holder", "holder_team", "listing"][weight], since


class TestCommissionRate:
    @given(agreed=AGREED, key=KEYS, default_bps=RATES)
    def test_is_that_of_the_narrowest_rule(self, agreed, key, default_bps):
        """S3-22: listing, holder and team, holder, team, default, in this order."""
        rate = commission_rate(agreed, key=key, default_bps=default_bps)
        assert (rate.rate_bps, rate.rule, rate.since) == oracle(agreed, key, default_bps)

    def test_of_nobody_for_no_team_is_the_default(self):
        agreed = {CommissionScope(IDS[0], None): AgreedRate(1, DAY), CommissionScope(None, IDS[1]): AgreedRate(2, DAY)}
        rate = commission_rate(agreed, key=RateKey(None, None), default_bps=2_000)
        assert rate == CommissionRate(2_000, CommissionRule.DEFAULT)

    def test_of_a_team_is_called_that_where_the_holder_is_not_known(self):
        agreed = {CommissionScope(None, IDS[1]): AgreedRate(2, DAY)}
        rate = commission_rate(agreed, key=RateKey(None, IDS[1]), default_bps=2_000)
        assert rate == CommissionRate(2, CommissionRule.TEAM, DAY)

    def test_of_nothing_is_still_a_rate(self):
        """An agreement at 0 is one."""
        agreed = {CommissionScope(IDS[0], None): AgreedRate(0, DAY)}
        rate = commission_rate(agreed, key=RateKey(IDS[0], None), default_bps=2_000)
        assert rate == CommissionRate(0, CommissionRule.HOLDER, DAY)


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

    def test_can_be_kept_as_json(self):
        """S3-23: what a sale freezes has no cents, no dates and no enums, only text."""
        explanation = payout_explanation(
            price_cents=115,
            rate=CommissionRate(3_000, CommissionRule.HOLDER, DAY),
            currency="USD",
            payable=Payable(None, "Not yet."),
        )
        kept = json.loads(json.dumps(explanation.as_json()))
        steps = kept.pop("steps")
        assert kept == {
            "price": "1.15", "rate": "0.3000", "rule": "holder", "rate_since": "2026-01-01",
            "commission": "0.35", "payout": "0.80", "currency": "USD",
        }  # fmt: skip
        assert [step["value"] for step in steps] == ["1.15", "0.3000", "0.345000", "0.35", "0.80", None]
        assert steps[1]["explanation"] == "Rule holder: agreed with the holder for all seats, since 2026-01-01."

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
        assert explanation.as_json()["rate_since"] is None
