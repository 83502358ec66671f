"""How a price is shared between the house and the holder, which rate applies, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from apps.common.money import BPS_PER_ONE, CENTS_PER_UNIT, cents_to_text, rate_to_text, share_half_up
from apps.holders.enums import CommissionRule

_MILLIONTHS: Final = CENTS_PER_UNIT * BPS_PER_ONE  # cents × basis points are whole millionths of a dollar


_RATE_REASONS: Final[Mapping[CommissionRule, str]] = {
    CommissionRule.LISTING: "agreed for this listing",
    CommissionRule.HOLDER_TEAM: "agreed with the holder for seats of this team",
    CommissionRule.HOLDER: "agreed with the holder for all seats",
    CommissionRule.TEAM: "the rate for seats of this team",
    CommissionRule.DEFAULT: "the standard rate: no agreement applies to the holder or the team",
}


def rate_day(at: datetime) -> date:
    """Return the day whose agreements give the rate of a sale at the time `at`: its UTC date."""
    return at.astimezone(UTC).date()


class CommissionScope(NamedTuple):
    """What an agreement is about; None means any."""

    holder_id: UUID | None
    team_id: UUID | None


class RateKey(NamedTuple):
    """What the rate of a sale depends on; `listing_rate_bps` is a rate of the listing's own."""

    holder_id: UUID | None
    team_id: UUID | None
    listing_rate_bps: int | None = None


class AgreedRate(NamedTuple):
    """What an agreement says: a rate, and the first day on which it applied."""

    rate_bps: int
    since: date


@dataclass(frozen=True)
class CommissionRate:
    """A rate in basis points, the rule that gave it, and the first day of the agreement when one did."""

    rate_bps: int
    rule: CommissionRule
    since: date | None = None


def commission_rate(agreed: Mapping[CommissionScope, AgreedRate], *, key: RateKey, default_bps: int) -> CommissionRate:
    """Return the rate of a sale: the listing's own, else that of the narrowest agreement, a holder's before a team's.

    `agreed` has the rates on the day of the sale by scope; scopes of other sales are ignored.
    """
    if key.listing_rate_bps is not None:
        return CommissionRate(key.listing_rate_bps, CommissionRule.LISTING)
    candidates = (
        (CommissionRule.HOLDER_TEAM, CommissionScope(key.holder_id, key.team_id), key.holder_id and key.team_id),
        (CommissionRule.HOLDER, CommissionScope(key.holder_id, None), key.holder_id),
        (CommissionRule.TEAM, CommissionScope(None, key.team_id), key.team_id),
    )
    for rule, scope, known in candidates:
        if known and scope in agreed:
            return CommissionRate(agreed[scope].rate_bps, rule, agreed[scope].since)
    return CommissionRate(default_bps, CommissionRule.DEFAULT)


@dataclass(frozen=True)
class Split:
    """One price, shared; commission and payout always sum to the price."""

    price_cents: int
    rate_bps: int
    commission_cents: int
    payout_cents: int


def commission_split(*, price_cents: int, rate_bps: int) -> Split:
    """Return the split of a price: the commission is rounded once, half-up, and the holder gets the rest.

    Raises:
        ValueError: the price or the rate is negative.
    """
    commission_cents = share_half_up(price_cents, rate_bps)
    return Split(
        price_cents=price_cents,
        rate_bps=rate_bps,
        commission_cents=commission_cents,
        payout_cents=price_cents - commission_cents,
    )


@dataclass(frozen=True)
class Payable:
    """The date on which a payout is due, or None, and the sentence that says why."""

    on: date | None
    reason: str


@dataclass(frozen=True)
class PayoutStep:
    """One line of an explanation as people read it; money and rates are decimal text, dates ISO 8601."""

    step: str
    value: str | None
    explanation: str


@dataclass(frozen=True)
class PayoutExplanation(Split):
    """A split that explains itself, including the date on which the payout is due."""

    rule: CommissionRule
    rate_since: date | None
    currency: str
    payable: Payable

    @property
    def steps(self) -> tuple[PayoutStep, ...]:
        """The steps from the list price to the payout, in the order of the calculation."""
        price, rate = cents_to_text(self.price_cents), rate_to_text(self.rate_bps)
        commission, payout = cents_to_text(self.commission_cents), cents_to_text(self.payout_cents)
        due = self.payable.on.isoformat() if self.payable.on else None
        since = f", since {self.rate_since.isoformat()}" if self.rate_since else ""
        rounding = f"{price} × {rate}, exactly; rounded once, half-up, to the cent."
        return (
            PayoutStep("base", price, f"The price of one seat in {self.currency}; nothing is deducted first."),
            PayoutStep("rate", rate, f"Rule {self.rule}: {_RATE_REASONS[self.rule]}{since}."),
            PayoutStep("rounding", _exact_commission_text(self.price_cents, self.rate_bps), rounding),
            PayoutStep("commission", commission, "What the house keeps."),
            PayoutStep("payout", payout, f"What the holder gets: {price} - {commission}."),
            PayoutStep("payable_date", due, self.payable.reason),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the explanation as the API writes it, to be kept with a sale; money and rates are decimal text."""
        return {
            "price": cents_to_text(self.price_cents),
            "rate": rate_to_text(self.rate_bps),
            "rule": self.rule.value,
            "rate_since": self.rate_since.isoformat() if self.rate_since else None,
            "commission": cents_to_text(self.commission_cents),
            "payout": cents_to_text(self.payout_cents),
            "currency": self.currency,
            "steps": [asdict(step) for step in self.steps],
        }


def payout_explanation(*, price_cents: int, rate: CommissionRate, currency: str, payable: Payable) -> PayoutExplanation:
    """Return the split of a price at a rate with everything that explains it."""
    split = asdict(commission_split(price_cents=price_cents, rate_bps=rate.rate_bps))
    return PayoutExplanation(**split, rule=rate.rule, rate_since=rate.since, currency=currency, payable=payable)


def _exact_commission_text(price_cents: int, rate_bps: int) -> str:
    dollars, millionths = divmod(price_cents * rate_bps, _MILLIONTHS)
    return f"{dollars}.{millionths:06d}"
