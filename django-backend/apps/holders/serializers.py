"""Shapes of profiles and splits."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail

from apps.common.fields import MoneyField, RateField
from apps.common.phones import MAX_TYPED, phone_number
from apps.common.serializers import StrictSerializer
from apps.common.time import validate_time_zone


class SplitOutput(serializers.Serializer[object]):
    """How a price is shared; for any object with `rate_bps`, `rule`, `commission_cents` and `payout_cents`."""

    rate = RateField(source="rate_bps", read_only=True)
    rule = serializers.CharField(
        read_only=True, help_text="Which rule gave the rate: listing, holder_team, holder, team or default."
    )
    commission = MoneyField(source="commission_cents", read_only=True, help_text="What the house keeps.")
    payout = MoneyField(source="payout_cents", read_only=True, help_text="What the holder gets.")


@extend_schema_field({"type": "string", "maxLength": MAX_TYPED, "example": "+12155550123"})
class PhoneField(serializers.CharField):
    """A phone number, converted to international form."""


class TicketHolderInput(StrictSerializer[object]):
    """What holders may change about themselves; `context["address"]` is their current address."""

    read_only_names = frozenset({"id"})

    phone = PhoneField(
        max_length=MAX_TYPED, help_text="International form, or as it is written in the country that the address names."
    )
    address = serializers.CharField(max_length=255)
    timezone = serializers.CharField(
        max_length=64,
        default="UTC",
        validators=[validate_time_zone],
        help_text="IANA name of a region, such as America/New_York; UTC when left out.",
    )
    is_season_ticket_interest = serializers.BooleanField(default=False, help_text="Interested in season tickets.")
    is_card_interest = serializers.BooleanField(default=False, help_text="Interested in cards.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "phone" in attrs:
            address = attrs.get("address") or self.context.get("address", "")
            try:
                attrs["phone"] = phone_number(attrs["phone"], address=address)
            except ValueError as error:
                raise serializers.ValidationError({"phone": [ErrorDetail(str(error), "invalid")]}) from None
        return attrs


class TicketHolderOutput(serializers.Serializer[object]):
    """A holder, as they see themselves."""

    id = serializers.UUIDField(read_only=True)
    phone = serializers.CharField(read_only=True, help_text="International form.")
    address = serializers.CharField(read_only=True)
    timezone = serializers.CharField(read_only=True, help_text="IANA name.")
    is_season_ticket_interest = serializers.BooleanField(read_only=True)
    is_card_interest = serializers.BooleanField(read_only=True)


class ProfileOutput(serializers.Serializer[object]):
    """A user, as they see themselves."""

    id = serializers.UUIDField(read_only=True)
    email = serializers.EmailField(read_only=True, help_text="Changed at /api/v1/accounts/app/v1/account/email.")
    first_name = serializers.CharField(read_only=True)
    last_name = serializers.CharField(read_only=True)
    email_verified = serializers.BooleanField(read_only=True)
    is_staff = serializers.BooleanField(read_only=True)
    ticket_holder = TicketHolderOutput(read_only=True, allow_null=True)


class ProfileInput(StrictSerializer[object]):
    """What a user may change about themselves."""

    read_only_names = frozenset(ProfileOutput().fields)

    first_name = serializers.CharField(max_length=150)
    last_name = serializers.CharField(max_length=150)
    ticket_holder = TicketHolderInput(help_text="Refused for accounts without a ticket holder.")


STEPS: Final = ["base", "rate", "rounding", "commission", "payout", "payable_date"]


class PayoutStepOutput(serializers.Serializer[Any]):
    """One step of the calculation."""

    step = serializers.ChoiceField(choices=STEPS)
    value = serializers.CharField(
        allow_null=True, help_text="Amount, rate or date; `rounding` is the commission before rounding. Null: no date."
    )
    explanation = serializers.CharField()
