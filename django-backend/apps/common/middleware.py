"""Response headers that Django has no setting for any more."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class SecurityHeadersMiddleware:
    """Adds `X-XSS-Protection` when SECURE_BROWSER_XSS_FILTER is on; Django dropped the setting in version 4."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request and add the header."""
        response = self.get_response(request)
        if settings.SECURE_BROWSER_XSS_FILTER:
            response.headers.setdefault("X-XSS-Protection", "1; mode=block")
        return response
