"""The keys in mails that verify an address or reset a password, and why one is refused."""

from datetime import datetime
from typing import Final

from allauth.account import app_settings
from allauth.account.forms import EmailAwarePasswordResetTokenGenerator, UserTokenForm
from allauth.account.models import EmailAddress
from allauth.headless.account import inputs
from django.core import signing
from django.core.exceptions import ValidationError

_SENTENCES: Final = {
    "key_expired": "This key has expired. Request a new mail.",
    "key_invalid": "This key is damaged or was not issued by us.",
    "key_used": "This key has been used, or a later change has made it void.",
}
_DAY: Final = 24 * 60 * 60


class VerifyEmailInput(inputs.VerifyEmailInput):
    """The key of an address that is to be verified."""

    def clean_key(self) -> str:
        """Say what is wrong with a key; allauth has one sentence for everything."""
        try:
            pk = signing.loads(
                self.cleaned_data["key"],
                salt=app_settings.SALT,
                max_age=app_settings.EMAIL_CONFIRMATION_EXPIRE_DAYS * _DAY,
            )
        except signing.SignatureExpired:
            raise _refusal("key_expired") from None
        except signing.BadSignature:
            raise _refusal("key_invalid") from None
        if not EmailAddress.objects.filter(pk=pk, verified=False).exists():
            raise _refusal("key_used")
        return str(super().clean_key())


class ResetPasswordKeyInput(inputs.ResetPasswordKeyInput):
    """The key that resets a password."""

    def clean_key(self) -> str:
        """Say what is wrong with a key; allauth has one sentence for everything."""
        try:
            return str(super().clean_key())
        except ValidationError:
            raise _refusal(_problem_of_reset_key(self.cleaned_data["key"])) from None


class ResetPasswordInput(ResetPasswordKeyInput, inputs.ResetPasswordInput):
    """The same with the new password."""


class _Timeless(EmailAwarePasswordResetTokenGenerator):
    """Takes tokens of any age."""

    def _num_seconds(self, dt: datetime) -> int:
        return 0


class _FormOfAnyAge(UserTokenForm):
    token_generator = _Timeless()


def _refusal(code: str) -> ValidationError:
    return ValidationError(_SENTENCES[code], code=code)


def _problem_of_reset_key(key: str) -> str:
    uid, _, token = key.partition("-")
    form = _FormOfAnyAge({"uidb36": uid, "key": token})
    if form.is_valid():
        return "key_expired"
    # The signature covers what a reset changes: a key that names a user and does not match was probably used.
    return "key_used" if form.reset_user else "key_invalid"
