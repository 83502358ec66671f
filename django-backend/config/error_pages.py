"""What is answered where Django refuses a request before any view is asked."""

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.defaults import bad_request
from rest_framework.exceptions import PermissionDenied

from apps.common.exception_handler import answer_to, api_answer


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is forged, cut off or too large: below `/api/` in the API's error form, else by a page."""
    answer = answer_to(exception) if request.path.startswith("/api/") else None
    return answer or bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its token, and programs that write where only pages are."""
    if request.path.startswith("/api/"):
        return api_answer(PermissionDenied("The CSRF token is missing or wrong.", code="csrf_failed"))
    return default_csrf_failure(request, reason)
