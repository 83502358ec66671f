"""allauth pages that we override."""

from allauth.account.adapter import get_adapter
from allauth.account.forms import SignupForm
from allauth.account.views import SignupView
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.views.generic import TemplateView

from apps.users.selectors import email_is_taken


class SignupPageView(SignupView):
    """The sign-up form: user, address and what the form adds are written together or not at all."""

    def form_valid(self, form: SignupForm) -> HttpResponse:
        """Sign up; of two people who take one address at once, the second is refused."""
        try:
            with transaction.atomic():
                response: HttpResponse = super().form_valid(form)
        except IntegrityError:
            if not email_is_taken(form.cleaned_data["email"]):
                raise
            form.add_error("email", get_adapter().validation_error("email_taken"))
            response = self.form_invalid(form)
        return response


class AccountHomeView(LoginRequiredMixin, TemplateView):
    """Where a login lands: who is signed in, and where to change what."""

    template_name = "account/home.html"
