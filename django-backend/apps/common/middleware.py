"""Middleware for every request: its id in the logs, and headers that Django has no setting for."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.utils.deprecation import MiddlewareMixin
from rest_framework.exceptions import NotFound

from apps.common.exception_handler import api_answer
from apps.common.log_context import ACCESS_FACTS, HEADER, LogContext, log_context, request_id_of

_SAFE_METHODS: Final = {"GET", "HEAD", "OPTIONS", "TRACE"}


class RequestContextMiddleware:
    """Adds the id of the request to its log lines, tasks and answer; the outermost middleware.

    The id is nginx's. Without nginx it may be a client's, which is why it must look like one and decides nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = request_id_of(request.headers.get(HEADER, ""))
        with log_context(LogContext(request_id=request_id, request=request)) as context:
            response = self.get_response(request)
            response.headers[HEADER] = request_id
            request.META[ACCESS_FACTS] = {"request_id": request_id, "user_id": context.user_id, "route": context.route}
        return response


class RedirectedWritesMiddleware(MiddlewareMixin):
    """Redirects writes to https with 308 instead of 301, which keeps method and body.

    Clients follow 301 with GET, and the write would be lost.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if response.status_code == HTTPStatus.MOVED_PERMANENTLY and request.method not in _SAFE_METHODS:
            response.status_code = HTTPStatus.PERMANENT_REDIRECT
        return response


class TrailingSlashMiddleware(CommonMiddleware):
    """Redirects reads that lack the trailing slash; answers writes with 404, since a redirect would drop the body.

    Clients follow a redirect of `POST` with `GET`: nothing would be written, and the list that comes back looks like
    success. Other unknown addresses below `/api/` are answered in the form of the API, not with a page.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Answer 404 with the right address where Django would redirect a request that writes."""
        if request.method not in _SAFE_METHODS and self._leads_to_slash(request, response):
            return _no_such_address(f" Did you mean {request.path}/ with a slash at the end?")
        response = super().process_response(request, response)
        is_page = response.headers.get("Content-Type", "").startswith("text/html")
        if is_page and response.status_code == HTTPStatus.NOT_FOUND and request.path.startswith("/api/"):
            return _no_such_address()  # Django's own page: with DEBUG on it asks no handler
        return response

    def _leads_to_slash(self, request: HttpRequest, response: HttpResponseBase) -> bool:
        if response.status_code == HTTPStatus.MOVED_PERMANENTLY:  # the admin redirects by itself
            return urlsplit(response.headers["Location"]).path == f"{request.path}/"
        return response.status_code == HTTPStatus.NOT_FOUND and self.should_redirect_with_slash(request)


def _no_such_address(more: str = "") -> HttpResponse:
    response = api_answer(NotFound(f"There is no such address.{more}"))
    response.headers["Content-Length"] = str(len(response.content))
    return response


class ResponseHeadersMiddleware(MiddlewareMixin):
    """Adds `Content-Security-Policy`, and `X-XSS-Protection` when SECURE_BROWSER_XSS_FILTER is on.

    Answers are not cached unless they say so: most are personal, and a cached refusal would outlive its reason.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        policies: dict[str, str] = settings.CONTENT_SECURITY_POLICIES
        longest = max((prefix for prefix in policies if request.path.startswith(prefix)), key=len)
        response.headers.setdefault("Content-Security-Policy", policies[longest])
        response.headers.setdefault("Cache-Control", "no-store")
        if settings.SECURE_BROWSER_XSS_FILTER:
            response.headers.setdefault("X-XSS-Protection", "1; mode=block")
        return response
