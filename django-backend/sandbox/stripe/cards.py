"""Stripe's test cards (https://docs.stripe.com/testing) and what happens with each. No number is ever stored."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Refusal:
    """Why a card is declined: Stripe's code, the issuer's reason, and what the buyer reads."""

    code: str
    decline_code: str | None
    message: str


@dataclass(frozen=True)
class Card:
    """A test card.

    Attributes:
        refusal: Why a payment fails; None for one that succeeds.
        dispute: Reason of the dispute that follows the payment.
        inquiry: The dispute is only an inquiry: no money is withdrawn.
        warning: An early fraud warning follows the payment.
        refund: What becomes of refunds: `succeeded`, or later after `pending`, or `failed` after `succeeded`.
        at_once: The money is available at once instead of after two days.
    """

    about: str
    brand: str = "visa"
    refusal: Refusal | None = None
    dispute: str | None = None
    inquiry: bool = False
    warning: bool = False
    refund: str = "succeeded"
    at_once: bool = False


def _declined(code: str, decline_code: str | None = None, message: str = "Your card was declined.") -> Refusal:
    return Refusal(code, decline_code, message)


CARDS: Final = {
    "4242424242424242": Card("succeeds"),
    "4000056655665556": Card("succeeds (debit)"),
    "5555555555554444": Card("succeeds", brand="mastercard"),
    "378282246310005": Card("succeeds", brand="amex"),
    "4000000000000077": Card("succeeds, available at once", at_once=True),
    "4000000000000002": Card("declined", refusal=_declined("card_declined", "generic_decline")),
    "4000000000009995": Card(
        "insufficient funds",
        refusal=_declined("card_declined", "insufficient_funds", "Your card has insufficient funds."),
    ),
    "4000000000009987": Card("lost card", refusal=_declined("card_declined", "lost_card")),
    "4000000000009979": Card("stolen card", refusal=_declined("card_declined", "stolen_card")),
    "4000000000000069": Card("expired", refusal=_declined("expired_card", message="Your card has expired.")),
    "4000000000000127": Card(
        "wrong security code", refusal=_declined("incorrect_cvc", message="Your card's security code is incorrect.")
    ),
    "4000000000000119": Card(
        "processing error",
        refusal=_declined(
            "processing_error", message="An error occurred while processing your card. Try again in a little bit."
        ),
    ),
    "4000000000000259": Card("succeeds, then disputed as fraud", dispute="fraudulent"),
    "4000000000002685": Card("succeeds, then disputed as not received", dispute="product_not_received"),
    "4000000000001976": Card("succeeds, then an inquiry", dispute="fraudulent", inquiry=True),
    "4000000000005423": Card("succeeds, then an early fraud warning", warning=True),
    "4000000000007726": Card("succeeds; refunds are pending at first", refund="pending"),
    "4000000000005126": Card("succeeds; refunds fail later", refund="failed"),
}
# Stripe's answer to any other number that could be a card.
_REAL_CARD: Final = Card(
    "not a test card",
    refusal=_declined(
        "card_declined",
        "test_mode_live_card",
        "Your card was declined. Your request was in test mode, but used a non test card. For a list of valid test "
        "cards, visit: https://stripe.com/docs/testing.",
    ),
)
_SHORTEST, _LONGEST = 12, 19


def card(number: str) -> Card | None:
    """Return the card of a number, None if no card can have it."""
    if not (number.isascii() and number.isdecimal() and _SHORTEST <= len(number) <= _LONGEST):
        return None
    return CARDS.get(number) or (_REAL_CARD if _is_valid(number) else None)


def _is_valid(number: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(digit - 9 if digit > 9 else digit for digit in doubled) % 10 == 0  # noqa: PLR2004
