"""Adapters through which allauth calls this project."""

import logging
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal.httpkit import is_headless_request
from allauth.headless.base.response import UnauthorizedResponse
from allauth.headless.internal.restkit.response import ErrorResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.hashers import make_password
from django.contrib.sites.shortcuts import get_current_site
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from apps.common.encryption import NoKeyOpens, seal, unseal
from apps.common.form_fields import validate_line
from apps.common.hooks import account_mail_put
from apps.users.models import User

logger = logging.getLogger(__name__)
_RELIES_ON: Final = "login_relies_on"


class AccountAdapter(DefaultAccountAdapter):
    """Allauth's behaviour, except where a mail or a race would break a guarantee of ours."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Put a mail into the transaction of the change that it is about; a worker sends it after the commit.

        So a mail server that is down neither fails a sign-up nor loses a mail.
        """
        known = {"request": self.request, "email": email, "current_site": get_current_site(self.request)}
        message = self.render_mail(template_prefix, email, known | context)
        user = context.get("user")
        key = f"user:{user.pk}" if user else "account"
        account_mail_put(user_key=key, email=message, now=timezone.now())

    def format_email_subject(self, subject: str) -> str:
        """Start every subject like the other mails of the product."""
        return f"{settings.EMAIL_SUBJECT_PREFIX}{subject}"

    def clean_email(self, email: str) -> str:
        """Return the address; Django's own check allows a direction character in the host name."""
        validate_line(email)
        return str(super().clean_email(email))

    def send_account_already_exists_mail(self, email: str) -> None:
        """Notify the owner; hash something as a sign-up would, so that timing does not reveal the account."""
        make_password(email)
        super().send_account_already_exists_mail(email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt; too many of them are 429 for the API, a sentence in the form for the pages."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            if is_headless_request(request):
                raise ImmediateHttpResponse(ErrorResponse(request, exception=error, status=429)) from None
            raise

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Remember the password and account state that this login is based on, once the password was right."""
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        request.session[_RELIES_ON] = user.get_session_auth_hash()
        return response

    def login(self, request: HttpRequest, user: User) -> None:
        """Complete a login.

        Raises:
            ImmediateHttpResponse: the password has changed since, or the account was switched off.
        """
        if not constant_time_compare(request.session.pop(_RELIES_ON, ""), user.get_session_auth_hash()):
            clear_login(request)
            headless = is_headless_request(request)
            raise ImmediateHttpResponse(UnauthorizedResponse(request) if headless else redirect(settings.LOGIN_URL))
        super().login(request, user)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Mark the address as verified and, for a change of address, replace the old one: all of it or nothing.

        Allauth looks for other *verified* owners; an unverified account may hold the address in `User.email` too.
        """
        try:
            with transaction.atomic():
                confirmed = bool(super().confirm_email(request, email_address))
        except IntegrityError:
            confirmed = False
            template = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, template, {"email": email_address.email})
        if not confirmed and is_headless_request(request):
            taken = self.validation_error("email_taken")
            raise ImmediateHttpResponse(ErrorResponse(request, exception=taken))
        return confirmed


class SecondFactorAdapter(DefaultMFAAdapter):
    """Encrypts the secrets of second factors in the database; see apps/common/encryption.py."""

    def encrypt(self, text: str) -> str:
        """Return the secret as it is stored."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. Without its key nobody can log in, and the log says what operators must do.

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
