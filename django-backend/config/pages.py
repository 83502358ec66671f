"""The first page, what leads to the API docs, and what is answered where Django refuses before any view is asked."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.csrf import csrf_failure as default_csrf_failure
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.defaults import bad_request
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied

from apps.common.exception_handler import answer_to, api_answer


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Say what this is and lead to the docs, sign-up, the admin where there is one, and the source."""
    facts = {name: getattr(settings, name) for name in ("ADMIN_ENABLED", "SOURCE_URL", "DEBUG")}
    return render(request, "front_page.html", facts)


@csrf_exempt  # a program that writes here reads 405, not a page about cookies
def to_the_docs(request: HttpRequest) -> HttpResponse:
    """Lead browsers to the API docs, and programs that ask for JSON to the description that they can read."""
    if request.method not in {"GET", "HEAD"}:
        answer = api_answer(MethodNotAllowed(str(request.method)))
        answer["Allow"] = "GET, HEAD"
        return answer
    prefers_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    response: HttpResponseRedirect = redirect("schema" if prefers_json else "docs")
    patch_vary_headers(response, ["Accept"])
    return response


def unreadable(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that is forged, cut off or too large: below `/api/` in the API's error form, else by a page."""
    answer = answer_to(exception) if request.path.startswith("/api/") else None
    return answer or bad_request(request, exception)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without its token, and programs that write where only pages are."""
    if request.path.startswith("/api/"):
        return api_answer(PermissionDenied("The CSRF token is missing or wrong.", code="csrf_failed"))
    return default_csrf_failure(request, reason)
