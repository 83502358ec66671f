"""What is answered where no view is asked: no address fits, or Django refuses the request."""

from django.http import HttpRequest, HttpResponse
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.defaults import bad_request, page_not_found

from apps.common.error_answers import error_answer
from apps.common.errors import ErrorDetail
from apps.common.exception_handler import answer_to


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer programs in the one error form of the API, people with a page. Debug pages come before both."""
    if request.path.startswith("/api/"):
        return error_answer([ErrorDetail("There is no such address.", code="not_found")], status=404)
    return page_not_found(request, exception)


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is forged, cut off or too large, in the same two forms."""
    answer = answer_to(exception) if request.path.startswith("/api/") else None
    return answer or bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its token, and programs that write where only pages are."""
    if request.path.startswith("/api/"):
        return error_answer([ErrorDetail("The CSRF token is missing or wrong.", code="csrf_failed")], status=403)
    return default_csrf_failure(request, reason)
