"""How failures stand in the OpenAPI document: one shape for all of them."""

from typing import Any

from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers


class ErrorEntry(serializers.Serializer[Any]):
    """One sentence; `code` is stable for programs, `attr` names the field as it was sent."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorResponse(serializers.Serializer[Any]):
    """The body of every 4xx answer of this API."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = ErrorEntry(many=True)  # type: ignore[assignment]  # a field here, although serializers have such a property


class AutoSchema(StandardAutoSchema):
    """Adds 409 and 422 where they can happen: on requests that write."""

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        if status_code in {"409", "422"} and self.method not in {"POST", "PATCH"}:
            return False
        return bool(super()._should_add_error_response(responses, status_code))
