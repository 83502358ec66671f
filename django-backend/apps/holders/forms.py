"""What sign-up asks beyond e-mail address and password."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from phonenumber_field.formfields import PhoneNumberField

from apps.common.time import time_zone_names, validate_time_zone
from apps.holders.services import ticket_holder_create
from apps.users.authentication import validate_encodable
from apps.users.models import User

FLAGS: Final = {"on": True, "true": True, "false": False, "": False}


def _require_text(value: object) -> None:
    # The API feeds these fields from JSON; a form would quietly turn 123 or a list into text.
    if value is not None and not isinstance(value, str):
        raise ValidationError("Enter text.", code="invalid")


class TextField(forms.CharField):
    """Text that is text in JSON too, and can be stored."""

    default_validators = [validate_encodable]

    def to_python(self, value: Any) -> str | None:
        """Return the text.

        Raises:
            ValidationError: JSON had something else.
        """
        _require_text(value)
        return super().to_python(value)


class PhoneField(PhoneNumberField):
    """A phone number in international form."""

    def to_python(self, value: Any) -> Any:
        """Return the number, or the empty value.

        Raises:
            ValidationError: JSON had something else than text.
        """
        _require_text(value)
        return super().to_python(value)


class SignupForm(forms.Form):
    """The part of allauth's sign-up, form and JSON alike, that makes a ticket holder of the new user.

    `phone` is the holder's contact number. Allauth has a `phone` of its own, verified by text message: it is off, and
    comes to life only by ACCOUNT_SIGNUP_FIELDS.
    """

    first_name = TextField(max_length=150, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = TextField(max_length=150, widget=forms.TextInput({"autocomplete": "family-name"}))
    phone = PhoneField(help_text="International form: +12155550123.")
    address = TextField(max_length=255, widget=forms.TextInput({"autocomplete": "street-address"}))
    timezone = TextField(
        label="Time zone",
        required=False,
        max_length=64,
        validators=[validate_time_zone],
        widget=forms.Select,
        help_text="IANA name, such as America/New_York; UTC when left out.",
    )
    is_season_ticket_interest = forms.BooleanField(label="I am interested in season tickets", required=False)
    is_card_interest = forms.BooleanField(label="I am interested in cards", required=False)

    field_order = ("first_name", "last_name", "email", "phone", "address", "timezone", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["timezone"].widget.choices = [("", "UTC"), *((name, name) for name in sorted(time_zone_names()))]
        self.fields["phone"].widget.attrs["autocomplete"] = "tel"

    def clean_is_season_ticket_interest(self) -> bool:
        """Return the flag; see `_flag`."""
        return self._flag("is_season_ticket_interest")

    def clean_is_card_interest(self) -> bool:
        """Return the flag; see `_flag`."""
        return self._flag("is_card_interest")

    def _flag(self, name: str) -> bool:
        # Read from the raw data: Django's check box turns every text and every list into True.
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        if isinstance(value, str) and value.lower() in FLAGS:
            return FLAGS[value.lower()]
        raise ValidationError("Enter true or false.", code="invalid")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Make the new user a ticket holder; allauth calls this when the user is saved, in the same transaction."""
        data = self.cleaned_data
        ticket_holder_create(
            user=user,
            phone=data["phone"],
            address=data["address"],
            timezone=data["timezone"] or "UTC",
            is_season_ticket_interest=data["is_season_ticket_interest"],
            is_card_interest=data["is_card_interest"],
        )
