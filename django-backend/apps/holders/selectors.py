"""Questions about ticket holders and the commission that applies to them."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef

from apps.holders.models import TicketHolder
from apps.holders.rules import commission_split
from apps.users.models import User


@dataclass(frozen=True)
class CommissionRate:
    """A rate in basis points, and the name of the rule that gave it."""

    rate_bps: int
    rule: str


@dataclass(frozen=True)
class AppliedSplit:
    """The split of one price for one holder today, with the rule behind the rate; amounts in cents."""

    price_cents: int
    rate_bps: int
    rule: str
    commission_cents: int
    payout_cents: int
    currency: str


def ticket_holder_of(user: User | AnonymousUser) -> TicketHolder | None:
    """Return the ticket holder of a user; asked again of the same object, it costs no query."""
    return getattr(user, "ticket_holder", None)


def profile_of(user: User) -> User:
    """Return the user with ticket holder and `email_verified`, in one query."""
    verified = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    return User.objects.select_related("ticket_holder").annotate(email_verified=Exists(verified)).get(pk=user.pk)


def commission_rate_for(*, holder: TicketHolder | None) -> CommissionRate:  # noqa: ARG001 - one rate for everybody yet
    """Return the rate that the house takes of this holder's sales today; None asks for the rate of a new holder."""
    return CommissionRate(rate_bps=settings.DEFAULT_COMMISSION_RATE_BPS, rule="default")


def split_for(*, holder: TicketHolder | None, price_cents: int) -> AppliedSplit:
    """Return what the holder and the house would get of a sale at this price today."""
    rate = commission_rate_for(holder=holder)
    split = commission_split(price_cents=price_cents, rate_bps=rate.rate_bps)
    return AppliedSplit(
        price_cents=split.price_cents,
        rate_bps=split.rate_bps,
        rule=rate.rule,
        commission_cents=split.commission_cents,
        payout_cents=split.payout_cents,
        currency=settings.CURRENCY,
    )
