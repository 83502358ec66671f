"""Where allauth meets this project: its account adapter, and the access token in the API description."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import is_headless_request
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy
from django.conf import settings
from django.contrib import messages
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.module_loading import import_string
from drf_spectacular.extensions import OpenApiAuthenticationExtension


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


class TokenStrategy(JWTTokenStrategy):
    """Allauth's access and refresh tokens."""

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return new tokens for a refresh token of ours, None for any other text."""
        try:
            validate_encodable(refresh_token)
        except ValidationError:
            return None
        tokens: tuple[str, str] | None = super().refresh_token(refresh_token)
        return tokens


class AccessTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """Tells drf-spectacular how allauth's access token travels."""

    target_class = "allauth.headless.contrib.rest_framework.authentication.JWTTokenAuthentication"
    name = "accessToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the security scheme of OpenAPI."""
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
