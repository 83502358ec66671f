"""How the code of a coupon is written. Whoever reads a code from a person calls this, and nobody else does."""


def coupon_code(typed: str) -> str:
    """Return a code as it is stored: in capitals, without spaces around it."""
    return typed.strip().upper()
