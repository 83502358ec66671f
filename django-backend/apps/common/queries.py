"""Which query parameters a request may have."""

from collections.abc import Mapping
from enum import Enum

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.common.exception_handler import api_answer
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


def query_refusal(request: HttpRequest, *known: str) -> HttpResponse | None:
    """Return the refusal of query parameters outside of the REST framework; None when all of them are `known`."""
    problems = query_problems(request.GET, dict.fromkeys(known, Use.ONCE))
    return api_answer(ValidationError(problems)) if problems else None
