"""How the code of a coupon is written. Whoever reads a code from a person calls this, and nobody else does."""

from typing import Final

CODE_PATTERN: Final = r"^[A-Z0-9][A-Z0-9_-]{2,39}$"


def coupon_code(typed: str) -> str:
    """Return a code as it is stored: in capitals, without spaces around it."""
    return typed.strip().upper()
