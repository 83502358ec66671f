"""Who may have identities generated."""

import hmac

from django.conf import settings

from apps.identities.errors import TokenMissing, TokenWrong


def require_token(authorization: str) -> None:
    """Let a header `<scheme> <token>` pass when the token is GENERATE_EMAILS_TOKEN; the scheme is free.

    The comparison takes the same time wherever the first wrong character stands.

    Raises:
        TokenMissing: the header is empty or has no space.
        TokenWrong: the token is another one, or none is configured.
    """
    _, _, given = authorization.partition(" ")
    if not given.strip():
        raise TokenMissing
    token = settings.GENERATE_EMAILS_TOKEN
    if not token or not hmac.compare_digest(given.strip().encode(), token.encode()):
        raise TokenWrong
