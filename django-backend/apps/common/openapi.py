"""What the OpenAPI document says about every operation, field and failure."""

import json
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.utils import extend_schema, extend_schema_view
from drf_standardized_errors.openapi import AutoSchema as StandardAutoSchema
from rest_framework import serializers

from apps.common.conditional import ConditionalReads
from apps.common.fields import UnitsField
from apps.common.idempotency import HEADER, REPLAYED

ERROR_TYPES: Final = ["validation_error", "client_error", "server_error"]
# Money and shares in requests; other forms that a field reads are for people who write requests by hand.
MONEY_SENT: Final = {
    "type": "string",
    "format": "decimal",
    "pattern": r"^[0-9]{1,7}(\.[0-9]{1,2})?$",
    "examples": ["100.00"],
}
_MONEY_ANSWERED: Final = MONEY_SENT | {"pattern": r"^-?[0-9]+\.[0-9]{2}$"}
_RATE_SENT: Final = MONEY_SENT | {"pattern": r"^0(\.[0-9]{1,4})?$", "examples": ["0.1500"]}
_RATE_ANSWERED: Final = _RATE_SENT | {"pattern": r"^[0-9]\.[0-9]{4}$"}
_ETAG: Final = {"description": "For If-None-Match.", "schema": {"type": "string"}}
_REPLAYED: Final = {"description": "Only on a repeated answer.", "schema": {"type": "string", "const": "true"}}
_RETRY_AFTER: Final = {"description": "Seconds to wait.", "schema": {"type": "integer", "minimum": 0}}


class ErrorEntry(serializers.Serializer[Any]):
    """One sentence; `code` is stable for programs, `attr` names the field as it was sent."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class ErrorResponse(serializers.Serializer[Any]):
    """The body of every 4xx and 503 answer. After 100 errors, one of the code `more_errors` says how many more."""

    type = serializers.ChoiceField(choices=ERROR_TYPES)
    errors = ErrorEntry(many=True)  # type: ignore[assignment]  # a field here, although serializers have such a property


class UnitsSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Money and rates are text, so that no client reads them as binary fractions."""

    target_class = UnitsField
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        """Return the form; what is answered has all its decimals."""
        forms = (_RATE_SENT, _RATE_ANSWERED) if self.target.is_share else (MONEY_SENT, _MONEY_ANSWERED)
        return dict(forms[direction != "request"])


class AutoSchema(StandardAutoSchema):
    """Adds the failures and headers that follow from the type of a view, and describes the fields of a request."""

    def _should_add_error_response(self, responses: dict[str, Any], status_code: str) -> bool:
        writes = self.method in {"POST", "PUT", "PATCH"}
        if status_code in {"409", "422"} and not writes:
            return False
        if status_code in {"413", "415"} and not (writes and self.get_request_serializer()):
            return False
        return bool(super()._should_add_error_response(responses, status_code))

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if self._is_conditional():
            responses["304"] = {"description": "What If-None-Match names is still current."}
            responses["200"]["headers"] = {"ETag": _ETAG}
        for status in {"429", "503"} & responses.keys():
            responses[status]["headers"] = {"Retry-After": _RETRY_AFTER}
        if any(getattr(parameter, "name", None) == HEADER for parameter in self.get_override_parameters()):
            for response in (responses[status] for status in ("200", "201") if status in responses):
                response["headers"] = {REPLAYED: _REPLAYED}
        return dict(sorted(responses.items()))

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters: list[dict[str, Any]] = super()._get_parameters()
        if self._is_conditional():
            condition = {"in": "header", "name": "If-None-Match", "schema": {"type": "string"}}
            parameters.append(condition | {"description": "ETag of the answer that the client has."})
        return parameters

    def _is_conditional(self) -> bool:
        return self.method == "GET" and isinstance(self.view, ConditionalReads)

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Name all fields of a request, and its defaults in words.

        A client made from `default` would send it: in a PATCH that changes what nobody meant to change, and in
        TypeScript such a field has to be given.
        """
        schema: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if direction == "request":
            schema["additionalProperties"] = False
            for described in schema.get("properties", {}).values():
                if default := described.pop("default", ""):
                    words, choices, rest = described.get("description", "").partition("\n\n*")
                    text = f"{words} Default: `{json.dumps(default)}`.".lstrip()
                    described["description"] = text + choices + rest
        return schema


def read_schema(tag: str, of_list: str, of_one: str, **both: Any) -> Any:
    """Return the decorator of a view set: the summaries of its list and of one row, and what `both` have."""
    summaries = {"list": extend_schema(summary=of_list, **both), "retrieve": extend_schema(summary=of_one, **both)}
    return lambda view: extend_schema(tags=[tag])(extend_schema_view(**summaries)(view))
