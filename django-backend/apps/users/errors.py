"""What can go wrong with users and the staff group."""

from apps.common.errors import DomainError


class UnknownPermission(DomainError, code="unknown_permission", status=400):
    """A name in STAFF_GROUP_PERMISSIONS is no permission of an installed model."""


class TokenRefused(DomainError, status=400, says="This token is not accepted."):
    """An invalid token; the class says why.

    For the refresh route; where a token authenticates, the answer is 401, or 410 for a session token.
    """


class TokenExpired(TokenRefused, code="token_expired", says="This token has expired."):
    """The token has expired."""


class TokenInvalid(TokenRefused, code="token_invalid", says="This token is damaged or was not issued by us."):
    """The token is damaged, of another kind, or was never one of ours."""


class TokenSpent(
    TokenRefused,
    code="token_spent",
    says="This refresh token has been used. Use the one that replaced it, or log in.",
):
    """The refresh token was exchanged for another one."""


class SessionEnded(TokenRefused, code="session_ended", says="The session of this token has ended. Log in again."):
    """A logout, a new password or a deactivation ended the session of the token."""
