"""Rejects requests that contain characters the application cannot process."""

import codecs
from collections.abc import Callable, Iterator
from typing import Final

from django.core.exceptions import BadRequest
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from rest_framework.exceptions import APIException, ErrorDetail, ParseError, ValidationError

from apps.common.exception_handler import answer_to

_UTF8: Final = codecs.lookup("utf-8").name
_NUL: Final = "\0"
_NO_NUL: Final = "Null characters are not allowed."


class _ReadAsUtf8:
    """Ignores the encoding that `Content-Type` names.

    Django tries it while it makes the request, before any middleware is there to answer: `charset=zlib` would be an
    error of the server itself.
    """

    @property
    def encoding(self) -> str | None:
        """Return nothing: the default, UTF-8, holds."""
        return None

    @encoding.setter
    def encoding(self, value: str) -> None:
        pass


class Utf8Request(_ReadAsUtf8, WSGIRequest):
    """A request of a WSGI server."""


class AsyncUtf8Request(_ReadAsUtf8, ASGIRequest):
    """A request of an ASGI server."""


class RequestCharactersMiddleware:
    """Answers 400 to NUL in an address, a query, a header or a cookie, and to any coding but UTF-8.

    PostgreSQL stores no NUL: every search, filter and session that met one would be a 500. Of the encodings that
    `Content-Type` may name, some produce half characters (UTF-7), some are not text (base64), and some need minutes for
    one body (punycode).
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse the request, as an error of the API below `/api/` and on a page elsewhere, or pass it on."""
        problem = next(_problems(request), None)
        if problem is None:
            return self.get_response(request)
        answer = answer_to(problem) if request.path.startswith("/api/") else None
        if answer is None:
            raise BadRequest(str(problem.detail))
        return answer


def _problems(request: HttpRequest) -> Iterator[APIException]:
    if _is_other_coding((request.content_params or {}).get("charset", _UTF8)):
        yield ParseError("Send text as UTF-8 and omit `charset`.")
    if _NUL in request.path_info:
        yield ParseError("An address has no null characters.")
    written = request.META.get("QUERY_STRING", "")
    if "%00" in written or _NUL in written:
        query = QueryDict(written)
        names = [name for name, values in query.lists() if any(_NUL in text for text in (name, *values))]
        yield ValidationError({name: [ErrorDetail(_NO_NUL, "null_characters_not_allowed")] for name in names})
    headers = (value for name, value in request.META.items() if name.startswith("HTTP_"))
    if any(_NUL in text for text in (*headers, *request.COOKIES.values())):
        yield ParseError("Headers and cookies have no null characters.")


def _is_other_coding(name: str) -> bool:
    try:
        return codecs.lookup(name).name != _UTF8
    except (LookupError, ValueError):  # an unknown name is ignored
        return False
