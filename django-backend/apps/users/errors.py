"""What can go wrong with users and the staff group."""

from apps.common.errors import DomainError


class UnknownPermission(DomainError):
    """A name in STAFF_GROUP_PERMISSIONS is no permission of an installed model."""

    code = "unknown_permission"
    status = 400


class TokenRefused(DomainError):
    """An invalid token; the class says why."""

    # For the refresh route; where a token authenticates, the answer is 401, or 410 for a session token.
    status = 400
    sentence = "This token is not accepted."

    def __init__(self, detail: str = "", *, attr: str | None = None) -> None:
        super().__init__(detail or self.sentence, attr=attr)


class TokenExpired(TokenRefused):
    """The token has expired."""

    code = "token_expired"
    sentence = "This token has expired."


class TokenInvalid(TokenRefused):
    """The token is damaged, of another kind, or was never one of ours."""

    code = "token_invalid"
    sentence = "This token is damaged or was not issued by us."


class TokenSpent(TokenRefused):
    """The refresh token was exchanged for another one."""

    code = "token_spent"
    sentence = "This refresh token has been used. Use the one that replaced it, or log in."


class SessionEnded(TokenRefused):
    """A logout, a new password or a deactivation ended the session of the token."""

    code = "session_ended"
    sentence = "The session of this token has ended. Log in again."
