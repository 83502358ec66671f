"""allauth API views that we override."""

import json
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.headless.account.response import PasswordResetKeyResponse
from allauth.headless.account.views import (
    ChangePasswordView,
    ResetPasswordView,
    SessionView,
    SignupView,
    VerifyEmailView,
)
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from apps.users.authentication.keys import ResetPasswordInput, ResetPasswordKeyInput, VerifyEmailInput
from apps.users.selectors import email_is_taken


class SessionAPIView(SessionView):
    """Who is signed in, and logout."""

    def delete(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Log out. The answer is 401, as allauth documents it; its code says whether a session was ended."""
        was_signed_in = request.user.is_authenticated
        response: HttpResponse = super().delete(request, *args, **kwargs)
        if was_signed_in:
            logged_out = {"code": "logged_out", "message": "You are logged out."}
            response.content = json.dumps({**json.loads(response.content), "errors": [logged_out]})
        return response


class SignupAPIView(SignupView):
    """Sign-up: user, address and what the form adds are written together or not at all."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign up; of two people who take one address at once, the second is refused."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
        except IntegrityError:
            if not email_is_taken(self.input.cleaned_data["email"]):
                raise
            self.input.add_error("email", get_adapter().validation_error("email_taken"))
            response = ErrorResponse(request, input=self.input)
        return response


class ChangePasswordAPIView(ChangePasswordView):
    """A new password through the API."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Set it and end every session; the answer is 200.

        Allauth would answer 401, since nobody is signed in any more: the same as for an invalid token, where nothing
        changes.
        """
        super().post(request, *args, **kwargs)
        response: HttpResponse = APIResponse(request)
        return response


class VerifyEmailAPIView(VerifyEmailView):
    """Verification of an address, by a key that says what is wrong with it."""

    input_class = VerifyEmailInput


class ResetPasswordAPIView(ResetPasswordView):
    """A new password by a key that says what is wrong with it."""

    input_class = ResetPasswordInput

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return whose password the key resets."""
        sent = ResetPasswordKeyInput({"key": request.headers.get("X-Password-Reset-Key", "")})
        if not sent.is_valid():
            refusal: HttpResponse = ErrorResponse(request, input=sent)
            return refusal
        answer: HttpResponse = PasswordResetKeyResponse(request, sent.user)
        return answer


@csrf_exempt
def not_offered(_request: HttpRequest) -> HttpResponse:
    """Answer 404 for an address of allauth that this product does not use."""
    raise Http404
