"""What is answered where no address fits."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.defaults import page_not_found

NOT_FOUND = {
    "type": "client_error",
    "errors": [{"code": "not_found", "detail": "There is no such address.", "attr": None}],
}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer programs in the one error form of the API, people with a page. Debug pages come before both."""
    if request.path.startswith("/api/"):
        return JsonResponse(NOT_FOUND, status=404)
    return page_not_found(request, exception)
