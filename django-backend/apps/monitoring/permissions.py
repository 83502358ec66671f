"""Who may read the health check and the metrics."""

import hmac

from django.conf import settings
from django.http import HttpRequest


def has_health_check_token(request: HttpRequest) -> bool:
    """Return whether `Authorization` equals HEALTH_CHECK_TOKEN, bare or as `Bearer <token>`.

    The comparison takes constant time. Without a configured token nobody may.
    """
    token = settings.HEALTH_CHECK_TOKEN
    if not token:
        return False
    given = request.headers.get("Authorization", "")
    bare = hmac.compare_digest(given.encode(), token.encode())
    bearer = hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    return bare or bearer
