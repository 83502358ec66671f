"""Which query parameters a request may have."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import ErrorDetail

from apps.common.error_answers import error_answer
from apps.common.errors import ErrorDetail as DomainErrorDetail
from apps.common.unknown_names import unknown_names


def query_problems(query: QueryDict, known: Mapping[str, bool]) -> dict[str, list[ErrorDetail]]:
    """Return what is wrong with query parameters as such: unknown names, repetitions, empty values.

    `known` says for each name whether it may be repeated.
    """
    problems = unknown_names(query, known, kind="parameter")
    for name in query.keys() & known.keys():
        values = query.getlist(name)
        if len(values) > 1 and not known[name]:
            problems[name] = [ErrorDetail(f"Given {len(values)} times; give it once.", "repeated")]
        elif not all(value.strip() for value in values):
            problems[name] = [ErrorDetail("The value is empty. Give one, or leave the parameter out.", "blank")]
    return problems


def query_refusal(request: HttpRequest, *known: str) -> HttpResponse | None:
    """Return the refusal of query parameters outside of the REST framework; None when all of them are `known`."""
    problems = query_problems(request.GET, dict.fromkeys(known, False))
    if not problems:
        return None
    details = [DomainErrorDetail(str(error), name, error.code) for name, [error] in problems.items()]
    return error_answer(details, status=400, kind="validation_error")
