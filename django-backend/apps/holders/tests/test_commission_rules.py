"""Which commission applies, and how it splits a price."""

import json
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.holders.enums import CommissionRule
from apps.holders.rules import (
    AgreedRate,
    CommissionRate,
    CommissionScope,
    Payable,
    RateKey,
    Split,
    commission_rate,
    commission_split,
    payout_explanation,
)

PRICES = st.integers(min_value=1, max_value=100_000_000)
RATES = st.integers(min_value=0, max_value=9_999)


def exact_commission(price_cents: int, rate_bps: int) -> Decimal:
    return Decimal(price_cents) * rate_bps / 10_000


class TestCommissionSplit:
    def test_gives_the_holder_of_a_hundred_dollar_ticket_eighty(self):
        """S3-22: at a rate of 0.2, $100 is $80 for the holder and $20 for the house."""
        assert commission_split(price_cents=10_000, rate_bps=2_000) == Split(10_000, 2_000, 2_000, 8_000)

    @given(price=PRICES, rate=RATES)
    def test_always_sums_to_the_price(self, price, rate):
        """S3-23: payout + commission = price, for every price from 0.01 to 1,000,000.00 and every rate."""
        split = commission_split(price_cents=price, rate_bps=rate)
        assert split.commission_cents + split.payout_cents == price == split.price_cents
        assert 0 <= split.commission_cents <= price
        assert split.rate_bps == rate

    @given(price=PRICES, rate=RATES)
    def test_rounds_the_commission_once_and_half_up(self, price, rate):
        """S3-23: the rounding is stated, and is what the decimal module does."""
        exact = exact_commission(price, rate)
        commission = commission_split(price_cents=price, rate_bps=rate).commission_cents
        assert commission == exact.quantize(Decimal(1), ROUND_HALF_UP)
        assert abs(commission - exact) <= Decimal("0.5")

    @given(price=PRICES, more=st.integers(min_value=0, max_value=1_000_000), rate=RATES)
    def test_takes_no_less_of_a_higher_price(self, price, more, rate):
        lower = commission_split(price_cents=price, rate_bps=rate)
        higher = commission_split(price_cents=price + more, rate_bps=rate)
        assert higher.commission_cents >= lower.commission_cents
        assert higher.payout_cents >= lower.payout_cents

    @given(price=PRICES, rate=RATES, more=RATES)
    def test_takes_no_less_at_a_higher_rate(self, price, rate, more):
        low, high = sorted((rate, more))
        lower = commission_split(price_cents=price, rate_bps=low).commission_cents
        assert commission_split(price_cents=price, rate_bps=high).commission_cents >= lower

    @pytest.mark.parametrize("rate", [0, 1, 333, 1_250, 2_000, 2_001, 3_000, 5_000, 9_999])
    def test_is_exact_for_every_price_up_to_200_dollars(self, rate):
        """S3-23: among them the thousand prices that binary floating point gets wrong at 0.3."""
        for price in range(1, 20_001):
            split = commission_split(price_cents=price, rate_bps=rate)
            assert split.commission_cents + split.payout_cents == price
            # |commission - exact| is at most half a cent, and half a cent goes up
            assert -5_000 < split.commission_cents * 10_000 - price * rate <= 5_000

    @pytest.mark.parametrize(("price", "rate"), [(-1, 2_000), (1, -1)])
    def test_refuses_what_cannot_be(self, price, rate):
        with pytest.raises(ValueError, match="negative"):
            commission_split(price_cents=price, rate_bps=rate)


DAY = date(2026, 1, 1)
IDS = [UUID(int=number) for number in range(1, 4)]
SIDES = st.sampled_from([None, *IDS])
SCOPES = st.builds(CommissionScope, SIDES, SIDES)
AGREED_RATES = st.integers(0, 9_999)
KEYS = st.builds(RateKey, SIDES, SIDES, st.none() | AGREED_RATES)
AGREED = st.dictionaries(SCOPES.filter(any), st.builds(AgreedRate, AGREED_RATES, st.dates()))


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
    @given(agreed=AGREED, key=KEYS, default_bps=AGREED_RATES)
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
