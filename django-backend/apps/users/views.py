"""Pages and API views of accounts where allauth's own need a word of ours."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from allauth.account.views import SignupView
from allauth.headless.account.views import ChangePasswordView as HeadlessChangePasswordView
from allauth.headless.account.views import SignupView as HeadlessSignupView
from allauth.headless.internal.restkit.response import APIResponse, ErrorResponse
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.views.generic import TemplateView

from apps.users.selectors import email_is_taken


class SignupPageView(SignupView):
    """The sign-up form: user, address and what the form adds are written together or not at all."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Sign up; of two people who take one address in the same moment, the second reads that it is taken."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().form_valid(form)
        except IntegrityError:
            if not email_is_taken(form.cleaned_data["email"]):
                raise
            form.add_error("email", get_adapter().validation_error("email_taken"))
            response = self.form_invalid(form)
        return response


class SignupAPIView(HeadlessSignupView):
    """The same through the API."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Sign up; see SignupPageView."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().post(request, *args, **kwargs)
        except IntegrityError:
            if not email_is_taken(self.input.cleaned_data["email"]):
                raise
            self.input.add_error("email", get_adapter().validation_error("email_taken"))
            response = ErrorResponse(request, input=self.input)
        return response


class ChangePasswordAPIView(HeadlessChangePasswordView):
    """A new password through the API."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Set it; every session ends, and the answer is 200.

        Allauth's own would be 401, since nobody is signed in any more: the same as for a token that is no good, after
        which nothing was changed.
        """
        super().post(request, *args, **kwargs)
        response: HttpResponse = APIResponse(request)
        return response


class AccountHomeView(LoginRequiredMixin, TemplateView):
    """Where a login lands: who is signed in, and where to change what."""

    template_name = "account/home.html"


def not_offered(_request: HttpRequest) -> HttpResponse:
    """Answer 404 for an address of allauth that this product does not use."""
    raise Http404
