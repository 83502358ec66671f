"""What stands around every request: its id in the logs, and headers that Django has no setting for."""

from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.common.log_context import HEADER, LogContext, log_context, request_id_of

# Where the web server's access log finds what only Django knows.
ACCESS_FACTS: Final = "stt.access_facts"


class RequestContextMiddleware:
    """Lets every log line and task of a request carry its id, and answers with it; the outermost of all.

    The id is nginx's. Without nginx it may be a client's, which is why it must look like one and decides nothing.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request within its context, which ends with it."""
        request_id = request_id_of(request.headers.get(HEADER, ""))
        with log_context(LogContext(request_id=request_id, request=request)) as context:
            response = self.get_response(request)
            response.headers[HEADER] = request_id
            request.META[ACCESS_FACTS] = {
                "request_id": request_id,
                "user_id": context.user_id,
                "route": context.route,
            }
        return response


class SecurityHeadersMiddleware:
    """Adds `Content-Security-Policy`, and `X-XSS-Protection` when SECURE_BROWSER_XSS_FILTER is on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and add the headers."""
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", _policy_for(request.path))
        if settings.SECURE_BROWSER_XSS_FILTER:
            response.headers.setdefault("X-XSS-Protection", "1; mode=block")
        return response


def _policy_for(path: str) -> str:
    """Return the policy of the longest prefix that the path has."""
    policies: dict[str, str] = settings.CONTENT_SECURITY_POLICIES
    return policies[max((prefix for prefix in policies if path.startswith(prefix)), key=len)]
