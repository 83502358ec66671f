"""Where allauth meets this project: its adapters, its tokens, and the access token in the API description."""

import logging
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import is_headless_request
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.module_loading import import_string
from drf_spectacular.extensions import OpenApiAuthenticationExtension

from apps.common.encryption import NoKeyOpens, seal, unseal

logger = logging.getLogger(__name__)


def validate_encodable(text: str) -> None:
    r"""Refuse text with half a surrogate pair: JSON can spell it (`"\ud800"`), no database or hash can store it."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValidationError("This text contains characters that cannot be stored.", code="invalid") from None


class AccountAdapter(DefaultAccountAdapter):
    """Allauth's behaviour, except where a mail, a race or a broken character would break a promise of ours."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put a mail into the transaction of what it tells; a worker sends it after the commit.

        So a mail server that is down turns no finished sign-up into an error, and loses no mail.
        """
        known = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        message = self.render_mail(template_prefix, email, known | context)
        user = context.get("user")
        key = f"user:{user.pk}" if user else "account"
        import_string(settings.ACCOUNT_MAIL_PUT)(user_key=key, email=message, now=timezone.now())

    def format_email_subject(self, subject: str) -> str:
        """Start every subject as the other mails of the product do."""
        return f"{settings.EMAIL_SUBJECT_PREFIX}{subject}"

    def send_account_already_exists_mail(self, email: str) -> None:
        """Tell the owner; hash something as a sign-up would, so that the time taken does not tell everybody else."""
        make_password(email)
        super().send_account_already_exists_mail(email)

    def clean_email(self, email: str) -> str:
        """Refuse an address that cannot be stored."""
        validate_encodable(email)
        return str(super().clean_email(email))

    def clean_password(self, password: str, user: Any = None) -> str:
        """Refuse a password that cannot be hashed, then apply the validators."""
        validate_encodable(password)
        return str(super().clean_password(password, user))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; too many of them are 429 for the API, a sentence in the form for the pages."""
        for credential in credentials.values():
            validate_encodable(credential)
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            if is_headless_request(request):
                raise ImmediateHttpResponse(ErrorResponse(request, exception=error, status=429)) from None
            raise

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark the address as verified and, for a change of address, replace the old one: all of it or nothing.

        Allauth looks for other *verified* owners; an unverified account may hold the address in `User.email` too.
        """
        try:
            with transaction.atomic():
                return bool(super().confirm_email(request, email_address))
        except IntegrityError:
            if is_headless_request(request):
                taken = self.validation_error("email_taken")
                raise ImmediateHttpResponse(ErrorResponse(request, exception=taken)) from None
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
            return False


class SecondFactorAdapter(DefaultMFAAdapter):
    """Keeps what second factors are made of unreadable in the database; see apps/common/encryption.py."""

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; without its key nobody gets in, and operators read in the log what to do.

        Raises:
            ImmediateHttpResponse: no key fits; the answer is a 503 that says who can help.
            NoKeyOpens: the same outside of a request.
        """
        try:
            return unseal(encrypted_text)
        except NoKeyOpens:
            if context.request is None:
                raise
            logger.exception(
                "A second factor cannot be checked: its key is not among DATA_ENCRYPTION_KEYS. Add the former key at "
                "the end, or the former DJANGO_SECRET_KEY; docs/security.md."
            )
            raise ImmediateHttpResponse(_no_second_factor(context.request)) from None


def _no_second_factor(request: HttpRequest) -> HttpResponse:
    if is_headless_request(request):
        problem = ValidationError("Second factors cannot be checked right now. Write to support.", code="unavailable")
        response: HttpResponse = ErrorResponse(request, exception=problem, status=503)
        return response
    return render(request, "mfa/unavailable.html", status=503)


class TokenStrategy(JWTTokenStrategy):
    """Allauth's access and refresh tokens."""

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return new tokens for a refresh token of ours, None for any other text."""
        try:
            validate_encodable(refresh_token)
            tokens: tuple[str, str] | None = super().refresh_token(refresh_token)
        except (ValidationError, UpdateError):
            # UpdateError: the session ended after it was read, by a logout in the same moment.
            return None
        return tokens


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells drf-spectacular how allauth's access token travels."""

    target_class = "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme of OpenAPI."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
