"""The sign-up form beyond e-mail address and password, and the forms of staff for holders and commissions."""

from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminDecimalFieldWidget, UnfoldAdminTextInputWidget

from apps.common.form_fields import LineFormField, PlainDecimalField, refusal
from apps.common.money import BPS_PER_ONE
from apps.common.phones import MAX_TYPED, phone_number
from apps.common.time import time_zone_names, validate_time_zone
from apps.holders.errors import CommissionAgreementOverlaps
from apps.holders.models import MAX_RATE_BPS, CommissionAgreement, TicketHolder
from apps.holders.rules import CommissionScope
from apps.holders.selectors import commission_agreement_overlapping
from apps.holders.services import ticket_holder_put
from apps.users.models import User

FLAGS: Final = {"on": True, "true": True, "false": False, "": False}


_HOLDERS_NEED_IT: Final = (
    "A ticket holder needs this field. To sign up without being one, leave out phone, address, time zone and interests."
)


class PhoneOfAddressForm(forms.Form):
    """A phone number that may be written as in the country of the address beside it."""

    phone = LineFormField(
        max_length=MAX_TYPED,
        widget=forms.TextInput({"autocomplete": "tel"}),
        help_text="+12155550123, or (215) 555-0123 with an address in the United States.",
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("phone"):
            try:
                data["phone"] = phone_number(data["phone"], address=data.get("address") or "")
            except ValueError as error:
                self.add_error("phone", refusal(str(error)))
        return data


class SignupForm(PhoneOfAddressForm):
    """What allauth's sign-up, as a form or as JSON, asks besides address and password.

    With phone and postal address the new user is a ticket holder, without either a buyer.

    `phone` is the holder's contact number. Allauth has a `phone` of its own, verified by text message; it is off unless
    ACCOUNT_SIGNUP_FIELDS names it.
    """

    first_name = LineFormField(max_length=150, widget=forms.TextInput({"autocomplete": "given-name"}))
    last_name = LineFormField(max_length=150, widget=forms.TextInput({"autocomplete": "family-name"}))
    address = LineFormField(
        required=False,
        max_length=255,
        widget=forms.TextInput({"autocomplete": "street-address"}),
        help_text="Phone and address are for people who have season tickets to sell.",
    )
    timezone = forms.CharField(
        label="Time zone",
        required=False,
        max_length=64,
        validators=[validate_time_zone],
        widget=forms.Select,
        help_text="IANA name of a region, such as America/New_York; UTC when left out.",
    )
    is_season_ticket_interest = forms.BooleanField(label="I am interested in season tickets", required=False)
    is_card_interest = forms.BooleanField(label="I am interested in cards", required=False)

    field_order = ("first_name", "last_name", "email", "phone", "address", "timezone", "password1", "password2")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].required = False
        self.fields["timezone"].widget.choices = [("", "UTC"), *((name, name) for name in sorted(time_zone_names()))]

    def clean_is_season_ticket_interest(self) -> bool:
        return self._flag("is_season_ticket_interest")

    def clean_is_card_interest(self) -> bool:
        return self._flag("is_card_interest")

    def clean(self) -> dict[str, Any]:
        """Require every field of a ticket holder when one of them is given."""
        data = super().clean()
        wanted = any(self.data.get(name) for name in ("phone", "address", "timezone"))
        if wanted or data.get("is_season_ticket_interest") or data.get("is_card_interest"):
            for name in ("phone", "address"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, ValidationError(_HOLDERS_NEED_IT, code="required"))
        return data

    def _flag(self, name: str) -> bool:
        # Read from the raw data: Django's check box turns every text and every list into True.
        value = self.data.get(name)
        if value is None or isinstance(value, bool):
            return bool(value)
        if isinstance(value, str) and value.lower() in FLAGS:
            return FLAGS[value.lower()]
        raise ValidationError("Enter true or false.", code="invalid")

    def signup(self, request: HttpRequest, user: User) -> None:
        """Make the user a ticket holder if the fields were given; runs in the transaction of the sign-up."""
        data = self.cleaned_data
        if data["phone"]:
            ticket_holder_put(
                user=user,
                phone=data["phone"],
                address=data["address"],
                timezone=data["timezone"] or "UTC",
                is_season_ticket_interest=data["is_season_ticket_interest"],
                is_card_interest=data["is_card_interest"],
            )


class TicketHolderForm(PhoneOfAddressForm, forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A ticket holder, as staff enter them."""

    phone = LineFormField(
        max_length=MAX_TYPED,
        widget=UnfoldAdminTextInputWidget,
        help_text="International form, or as it is written in the country of the address.",
    )

    class Meta:
        model = TicketHolder
        fields = ("user", "phone", "address", "timezone", "is_season_ticket_interest", "is_card_interest")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if kwargs.get("instance") is None:
            self.initial["timezone"] = ""
        elif "timezone" in self.fields:
            # UTC, the default, stays until somebody chooses the zone of a region.
            self.fields["timezone"].validators = [self._validate_new_time_zone]

    def _validate_new_time_zone(self, name: str) -> None:
        if name != self.initial["timezone"]:
            validate_time_zone(name)

    def _get_validation_exclusions(self) -> set[str]:
        """Leave the check of the zone to the field, which knows whether it changed."""
        return {*super()._get_validation_exclusions(), "timezone"}  # type: ignore[misc]  # not in the stubs


class CommissionAgreementForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A new agreement; `cleaned_data` has its rate as `rate_bps`."""

    rate = PlainDecimalField(
        share=True,
        min_value=Decimal(0),
        max_value=Decimal(MAX_RATE_BPS) / BPS_PER_ONE,
        decimal_places=4,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="What the house keeps: 0.15 is 15 %, the holder of a $100 ticket gets $85.",
    )

    class Meta:
        model = CommissionAgreement
        fields = ("holder", "team", "rate", "valid_from", "valid_until", "note")

    def clean(self) -> dict[str, Any]:
        """Name the agreement that overlaps; the service checks again when it writes."""
        data = super().clean() or self.cleaned_data
        if not self.errors and (data["holder"] or data["team"]):
            data["rate_bps"] = int(data["rate"] * BPS_PER_ONE)
            self._name_overlap(data)
        return data

    def scope(self) -> CommissionScope:
        """Return what the agreement is about; the form is valid."""
        holder, team = self.cleaned_data["holder"], self.cleaned_data["team"]
        return CommissionScope(holder.id if holder else None, team.id if team else None)

    def _name_overlap(self, data: dict[str, Any]) -> None:
        other = commission_agreement_overlapping(
            scope=self.scope(), valid_from=data["valid_from"], valid_until=data["valid_until"]
        )
        if other is not None:
            refusal = CommissionAgreementOverlaps(valid_from=other.valid_from, valid_until=other.valid_until)
            self.add_error("valid_from", str(refusal))


class CommissionAgreementEndForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """The end date, the only thing about an agreement that can change."""

    class Meta:
        model = CommissionAgreement
        fields = ("valid_until",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "valid_until" in self.fields:
            self.fields["valid_until"].required = True
