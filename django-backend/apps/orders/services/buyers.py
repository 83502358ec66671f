"""What an order is called, and how buyers are recognised without storing more about them."""

import secrets
from typing import Final

from django.utils.crypto import salted_hmac

# Without letters and digits that look alike. Eight of them make 10^12 numbers.
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_HALF: Final = 4


def order_number() -> str:
    """Return a random number for an order, such as `K7QM-2X9D`: it says nothing about how many there are."""
    halves = ("".join(secrets.choice(_ALPHABET) for _ in range(_HALF)) for _ in range(2))
    return "-".join(halves)


def buyer_key(email: str) -> str:
    """Return a keyed digest of an e-mail address, the same for all ways to write it; nobody can read it back."""
    return _digest("orders.buyer", email.strip().casefold())


def address_key(network: str) -> str:
    """Return a keyed digest of the network that a buyer orders from."""
    return _digest("orders.address", network)


def _digest(salt: str, text: str) -> str:
    return salted_hmac(salt, text, algorithm="sha256").hexdigest()
