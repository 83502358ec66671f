"""Who may have identities generated."""

import hmac

from django.conf import settings

from apps.identities.errors import TokenMissing, TokenWrong


def require_token(authorization: str) -> None:
    """Accept a header `<scheme> <token>` if the token is GENERATE_EMAILS_TOKEN; any scheme will do.

    The comparison takes constant time.

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
