"""Access, refresh and session tokens: allauth's own, with the reason when one is refused."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import jwt
from allauth.core.internal.httpkit import get_authorization_credential
from allauth.headless import app_settings
from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from allauth.headless.tokens.strategies.base import AbstractTokenStrategy
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from django.conf import settings
from django.contrib.sessions.backends.base import VALID_KEY_CHARS
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.common.sessions import SessionStore
from apps.common.throttling import Counted, user_counter
from apps.users.authentication.logins import known_login, open_login
from apps.users.errors import SessionEnded, TokenExpired, TokenInvalid, TokenRefused, TokenSpent
from apps.users.services import refresh_token_begin, refresh_token_exchange, refresh_token_reused

ACCESS: Final = "access"
REFRESH: Final = "refresh"
_SESSION_KEY_LENGTH: Final = 32
_REFRESH_LIFETIME: Final = timedelta(seconds=settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)


class AccessTokenAuthentication(JWTTokenAuthentication):
    """`Authorization: Bearer <access token>`; each reason why a token is invalid has its own code."""

    def authenticate(self, request: Request) -> tuple[Any, Any] | None:
        """Return user and what was counted for them, or None when the header is about something else."""
        self._request: Request = request
        try:
            found: tuple[Any, Any] | None = super().authenticate(request)
        except AuthenticationFailed as error:
            if error.get_codes() != AuthenticationFailed.default_code:
                raise
            raise AuthenticationFailed(str(error.detail), TokenInvalid.code) from None  # no token at all, or two
        return found

    def authenticate_credentials(self, key: str) -> tuple[Any, Any]:
        """Return user and, for the throttle, what was counted for them.

        Raises:
            AuthenticationFailed: the token is invalid; the code says why.
        """
        payload = internal.decode_token(key, ACCESS)
        counter = user_counter(self._request, payload["sub"]) if payload else None
        login = known_login(user_id=payload["sub"], sid=payload["sid"], counter=counter) if payload else None
        if login is None:
            refusal = refusal_of(key, ACCESS)
            raise AuthenticationFailed(str(refusal), refusal.code)
        return login.user, Counted(counter, login.number, login.wrote)


class TokenStrategy(JWTTokenStrategy):
    """Allauth's access and refresh tokens; the valid refresh token is stored beside the session, not in it.

    Every request that changes a session writes all of it, which would revive a token that was exchanged meanwhile.
    """

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        """Return the tokens of a complete login, None before."""
        payload: dict[str, Any] | None = AbstractTokenStrategy.create_access_token_payload(self, request)
        if payload is not None:
            session_key = str(request.session.session_key)
            payload["refresh_token"], token_id = _refresh_token(str(request.user.pk), session_key)
            refresh_token_begin(session_key=session_key, token_id=token_id)
        return payload

    def refresh_token(self, refresh_token: str) -> tuple[str, str]:
        """Return new tokens; this one is spent.

        Raises:
            TokenRefused: the token is invalid; the code says why.
        """
        payload = internal.decode_token(refresh_token, REFRESH)
        login = open_login(user_id=payload["sub"], sid=payload["sid"]) if payload else None
        if payload is None or login is None:
            raise refusal_of(refresh_token, REFRESH)
        session_key, now = str(internal.session_key_from_sid(payload["sid"])), timezone.now()
        fresh, token_id = _refresh_token(payload["sub"], session_key)
        if refresh_token_exchange(
            session_key=session_key, spent=UUID(payload["jti"]), fresh=token_id, now=now, lifetime=_REFRESH_LIFETIME
        ):
            session = SessionStore(session_key)
            return internal.create_access_token(login.user, session, self.get_claims(login.user)), fresh
        if refresh_token_reused(session_key=session_key, now=now):
            raise SessionEnded(attr="refresh_token")
        raise TokenSpent(attr="refresh_token")


def _refresh_token(user_id: str, session_key: str) -> tuple[str, UUID]:
    sid, seconds = internal.session_key_to_sid(session_key), int(_REFRESH_LIFETIME.total_seconds())
    token, payload = internal.create_token(REFRESH, sub=user_id, sid=sid, expires_in=seconds)
    return token, UUID(payload["jti"])


def refusal_of(token: str, use: str) -> TokenRefused:
    """Return why allauth refused a token for this use."""
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
    return SessionEnded(attr=attr)


def refusal_of_header(request: HttpRequest) -> TokenRefused | None:
    """Return why the access token of a request was refused; None when it has none, or a good one."""
    token = get_authorization_credential(request, app_settings.JWT_AUTHORIZATION_HEADER_SCHEME)
    if token is None or internal.validate_access_token(token) is not None:
        return None
    return refusal_of(token, ACCESS)


def refusal_of_session_token(key: str) -> TokenRefused:
    """Return why allauth refused a session token."""
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
