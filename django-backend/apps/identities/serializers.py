"""Shapes of the generator."""

from typing import Any

from django.core.validators import DomainNameValidator
from rest_framework import serializers

from apps.common.serializers import StrictSerializer

_MAX_DOMAIN_LENGTH = 190  # leaves room for the name before it in an address of 254 characters


class IdentityInput(StrictSerializer[Any]):
    """What the identity should have; both may be left out."""

    domain = serializers.CharField(
        required=False,
        max_length=_MAX_DOMAIN_LENGTH,
        validators=[DomainNameValidator(accept_idna=False)],
        help_text="Domain of the e-mail address; left out: `example.com`.",
    )
    state = serializers.CharField(
        required=False, help_text="State of the USA or DC as two letters, such as `PA`; left out: any."
    )

    def validate_domain(self, domain: str) -> str:
        return domain.lower()

    def validate_state(self, state: str) -> str:
        """Return the code in upper case, or say that there is no such state."""
        code = state.upper()
        if code not in self.context["states"]:
            known = ", ".join(self.context["states"])
            sentence = f"{state!r} is not a state of the USA as two letters. Choose from: {known}."
            raise serializers.ValidationError(sentence, "unknown_state")
        return code


class IdentityOutput(serializers.Serializer[Any]):
    """A person who does not exist."""

    first_name = serializers.CharField()
    last_name = serializers.CharField()
    email = serializers.EmailField()
    phone = serializers.CharField()
    address = serializers.CharField()
    city = serializers.CharField()
    state = serializers.CharField()
    zip = serializers.CharField()
