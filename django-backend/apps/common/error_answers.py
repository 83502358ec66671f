"""Errors in the form of the API where the REST framework plays no part."""

from collections.abc import Sequence

from django.http import JsonResponse

from apps.common.errors import ErrorDetail


def error_answer(details: Sequence[ErrorDetail], *, status: int, kind: str = "client_error") -> JsonResponse:
    """Return an answer in the error form of the API."""
    errors = [{"code": error.code, "detail": error.detail, "attr": error.attr} for error in details]
    return JsonResponse({"type": kind, "errors": errors}, status=status)
