"""Access, refresh and session tokens: allauth's own, and the reason when one is refused."""

from typing import Any, Final

import jwt
from allauth.core.internal.httpkit import get_authorization_credential
from allauth.headless import app_settings
from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.users.errors import SessionEnded, TokenExpired, TokenInvalid, TokenRefused, TokenSpent

ACCESS: Final = "access"
REFRESH: Final = "refresh"
_SESSION_KEY_LENGTH: Final = 32


class AccessTokenAuthentication(JWTTokenAuthentication):
    """`Authorization: Bearer <access token>`; each reason why a token is invalid has its own code."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return user and payload, or None when the header speaks of something else."""
        try:
            found: tuple[Any, Any] | None = super().authenticate(request)
        except AuthenticationFailed as error:
            if error.get_codes() != AuthenticationFailed.default_code:
                raise
            raise AuthenticationFailed(str(error.detail), TokenInvalid.code) from None  # no token at all, or two
        return found

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return user and payload.

        Raises:
            AuthenticationFailed: the token is invalid; the code says why.
        """
        found: tuple[Any, Any] | None = internal.validate_access_token(key)
        if found is None:
            refusal = refusal_of(key, ACCESS)
            raise AuthenticationFailed(str(refusal), refusal.code)
        return found


class TokenStrategy(JWTTokenStrategy):
    """Allauth's access and refresh tokens."""

    def refresh_token(self, refresh_token: str) -> tuple[str, str]:
        """Return new tokens.

        Raises:
            TokenRefused: the token is invalid; the code says why.
        """
        try:
            tokens: tuple[str, str] | None = super().refresh_token(refresh_token)
        except UpdateError:  # by a logout in the same moment, after the session was read
            raise SessionEnded(attr="refresh_token") from None
        if tokens is None:
            raise refusal_of(refresh_token, REFRESH)
        return tokens


def refusal_of(token: str, use: str) -> TokenRefused:
    """Return why a token was refused that allauth does not take for this use."""
    config = internal._get_jwt_config()  # noqa: SLF001 - allauth answers None, whatever is wrong
    attr = "refresh_token" if use == REFRESH else None
    try:
        payload = jwt.decode(token, config.verifying_key, [config.algorithm], options={"verify_aud": False})
    except jwt.ExpiredSignatureError:
        return TokenExpired(attr=attr)
    except jwt.PyJWTError:
        return TokenInvalid(attr=attr)
    if payload.get("token_use") != use:
        return TokenInvalid(f"This is not {'an' if use == ACCESS else 'a'} {use} token.", attr=attr)
    session = internal.get_token_session(payload)
    if use == REFRESH and session is not None and internal.validate_token_user(payload, session):
        return TokenSpent(attr=attr)
    return SessionEnded(attr=attr)


def refusal_of_header(request: HttpRequest) -> TokenRefused | None:
    """Return why the access token of a request was refused; None when it has none, or a good one."""
    token = get_authorization_credential(request, app_settings.JWT_AUTHORIZATION_HEADER_SCHEME)
    if token is None or internal.validate_access_token(token) is not None:
        return None
    return refusal_of(token, ACCESS)


def refusal_of_session_token(key: str) -> TokenRefused:
    """Return why a session token was refused that allauth does not take."""
    if len(key) != _SESSION_KEY_LENGTH or not set(key) <= set(VALID_KEY_CHARS):
        return TokenInvalid()
    if Session.objects.filter(session_key=key).exists():
        return TokenExpired()
    return SessionEnded()


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells drf-spectacular how the access token travels."""

    target_class = "apps.users.authentication.tokens.AccessTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme of OpenAPI."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
