"""What is answered where no address fits."""

from django.http import HttpRequest, HttpResponse
from django.views.defaults import page_not_found

from apps.common.error_answers import error_answer
from apps.common.errors import ErrorDetail


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer programs in the one error form of the API, people with a page. Debug pages come before both."""
    if request.path.startswith("/api/"):
        return error_answer([ErrorDetail("There is no such address.", code="not_found")], status=404)
    return page_not_found(request, exception)
