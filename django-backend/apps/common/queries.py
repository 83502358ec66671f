"""Which query parameters a request may have."""

from collections.abc import Collection, Mapping
from enum import Enum

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.common.exception_handler import api_answer
from apps.common.text import nearest
from apps.common.unknown_names import unknown_names


class Use(Enum):
    """How often a parameter may be given, and whether it has a value."""

    ONCE = "once"
    MANY = "many"
    FLAG = "flag"


def query_problems(query: QueryDict, known: Mapping[str, Use]) -> dict[str, list[ErrorDetail]]:
    """Return what is wrong with query parameters as such: unknown names, repetitions, empty values."""
    problems = unknown_names(query, known, kind="parameter")
    for name in query.keys() & known.keys():
        values = query.getlist(name)
        if len(values) > 1 and known[name] is not Use.MANY:
            problems[name] = [ErrorDetail(f"Given {len(values)} times; it may be given only once.", "repeated")]
        elif known[name] is not Use.FLAG and not all(value.strip() for value in values):
            problems[name] = [ErrorDetail("The value is empty. Give one, or leave the parameter out.", "blank")]
    return problems


def query_refusal(request: HttpRequest, **known: Collection[str]) -> HttpResponse | None:
    """Return the refusal of query parameters outside of the REST framework; None when there is nothing to refuse.

    `known` are the parameters that the request may have, each with the values that it may have.
    """
    problems = query_problems(request.GET, dict.fromkeys(known, Use.ONCE))
    for name, values in known.items():
        value = request.GET.get(name)
        if name not in problems and value is not None and value not in values:
            near = nearest(value, values)
            hint = f"Did you mean '{near}'?" if near else f"Choose from: {', '.join(values)}."
            problems[name] = [ErrorDetail(f"'{value}' is not known. {hint}", "invalid_choice")]
    return api_answer(ValidationError(problems)) if problems else None
