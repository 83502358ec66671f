"""Shapes of profiles and splits."""

from django.core.exceptions import ValidationError as DjangoValidationError
from drf_spectacular.utils import extend_schema_field
from phonenumber_field.serializerfields import PhoneNumberField
from rest_framework import serializers

from apps.common.fields import MoneyField, RateField
from apps.common.serializers import StrictSerializer
from apps.common.time import validate_time_zone


class SplitOutput(serializers.Serializer[object]):
    """How a price is shared; of anything with `rate_bps`, `rule`, `commission_cents` and `payout_cents`."""

    rate = RateField(source="rate_bps", read_only=True)
    rule = serializers.CharField(
        read_only=True, help_text="What gave the rate: listing, holder_team, holder, team or default."
    )
    commission = MoneyField(source="commission_cents", read_only=True, help_text="What the house keeps.")
    payout = MoneyField(source="payout_cents", read_only=True, help_text="What the holder gets.")


@extend_schema_field({"type": "string", "example": "+12155550123"})
class PhoneField(PhoneNumberField):
    """A phone number in international form."""


class TicketHolderInput(StrictSerializer[object]):
    """What a holder may change about themselves."""

    read_only_names = frozenset({"id"})

    phone = PhoneField(help_text="International form.")
    address = serializers.CharField(max_length=255)
    timezone = serializers.CharField(max_length=64, help_text="IANA name, such as America/New_York.")
    is_season_ticket_interest = serializers.BooleanField(help_text="Interested in season tickets.")
    is_card_interest = serializers.BooleanField(help_text="Interested in cards.")

    def validate_timezone(self, value: str) -> str:
        """Refuse names outside the IANA database."""
        try:
            validate_time_zone(value)
        except DjangoValidationError as error:
            raise serializers.ValidationError(error.messages, code=error.code) from None
        return value


class TicketHolderOutput(TicketHolderInput):
    """A holder, as they see themselves."""

    id = serializers.UUIDField(read_only=True)


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
