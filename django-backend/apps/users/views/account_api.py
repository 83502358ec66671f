"""Allauth's API under the rules of all other routes: what a body may be, unknown fields, the form of errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Final, cast

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.headless.base.views import APIView
from allauth.headless.constants import Client
from django.forms import BooleanField, Field
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver
from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, UnsupportedMediaType, ValidationError

from apps.common.exception_handler import answer_to
from apps.common.parsers import parse_json
from apps.common.queries import query_refusal
from apps.common.unknown_names import unknown_names
from apps.users.views.account_errors import in_standard_form

JSON: Final = "application/json"
_TEXT: Final = serializers.CharField(allow_blank=True, trim_whitespace=False)


def account_api(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[URLPattern | URLResolver]:
    """Return the same routes, with our rules applied to each view of allauth."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = list(account_api(pattern.url_patterns))
            yield URLResolver(pattern.pattern, inner, pattern.default_kwargs, pattern.app_name, pattern.namespace)
        else:
            yield URLPattern(pattern.pattern, _under_our_rules(pattern.callback), pattern.default_args, pattern.name)


def _under_our_rules(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    theirs = getattr(view, "view_class", None)
    if theirs is not None and issubclass(theirs, APIView):
        ours: type[APIView] = type(theirs.__name__, (StrictInput, theirs), {})
        view = ours.as_api_view(client=Client.APP)

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if refused := query_refusal(request):
            return refused
        try:
            answer = view(request, *args, **kwargs)
        except ImmediateHttpResponse as stopped:
            answer = stopped.response
        except Exception as error:
            refusal = answer_to(error)
            if refusal is None:
                raise
            return refusal
        return in_standard_form(request, answer)

    return wrapped


class StrictInput(APIView):
    """Reads a body as every other route does; a mixin for a view of allauth."""

    def _parse_json(self, request: HttpRequest) -> Any:
        # Allauth's hook; its own reads whatever Python's parser does, and crashes where that one does.
        if not request.body:
            return None
        if request.content_type != JSON:
            raise UnsupportedMediaType(str(request.content_type))
        data = parse_json(request.body)
        if not isinstance(data, dict):
            raise ValidationError(f"Invalid data. Expected a dictionary, but got {type(data).__name__}.")
        return data

    def handle_input(self, data: dict[str, Any] | None) -> HttpResponse | None:
        """Check names and types of the fields, then let the form of allauth check the values.

        Raises:
            ValidationError: a field is unknown, or no value of its kind.
        """
        method = str(self.request.method)
        if method in {"HEAD", "OPTIONS"} or not hasattr(self, method.lower()):
            return None  # no body is read, and the view answers unknown methods
        data, form = data or {}, self.get_input_class()
        if form is None:
            _require_known(data, {})
            return None
        self.input = form(data=data, **self.get_input_kwargs())
        _require_known(data, self.input.fields)
        return None if self.input.is_valid() else self.handle_invalid_input(self.input)


def _require_known(data: Mapping[str, Any], fields: Mapping[str, Field]) -> None:
    problems = unknown_names(data, fields, kind="field")
    known = {name: _value_problems(value, fields[name]) for name, value in data.items() if name in fields}
    if problems := problems | {name: found for name, found in known.items() if found}:
        raise ValidationError(problems)


def _value_problems(value: Any, field: Field) -> list[ErrorDetail]:
    # A form would quietly turn 123 or a list into text, and any text into true.
    if value is None:
        return []
    if isinstance(field, BooleanField):
        return [] if isinstance(value, bool) else [ErrorDetail("Must be a valid boolean.", "invalid")]
    if not isinstance(value, str):
        return [ErrorDetail("Not a valid string.", "invalid")]
    try:
        _TEXT.run_validation(value)
    except ValidationError as error:
        return cast("list[ErrorDetail]", error.detail)
    return []
