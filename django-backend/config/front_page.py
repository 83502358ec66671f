"""The first page, and the addresses that people try before they know where the API docs are."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe


@require_safe
def front_page(request: HttpRequest) -> HttpResponse:
    """Say what this is and lead to the docs, sign-up, the admin where there is one, and the source."""
    facts = {name: getattr(settings, name) for name in ("ADMIN_ENABLED", "SOURCE_URL", "DEBUG")}
    return render(request, "front_page.html", facts)


@csrf_exempt  # a program that writes here reads 405, not a page about cookies
def to_the_docs(request: HttpRequest) -> HttpResponse:
    """Lead browsers to the API docs, and programs that ask for JSON to the description that they can read."""
    if request.method not in {"GET", "HEAD"}:
        error = {"code": "method_not_allowed", "detail": f'Method "{request.method}" not allowed.', "attr": None}
        answer = JsonResponse({"type": "client_error", "errors": [error]}, status=405)
        answer["Allow"] = "GET, HEAD"
        return answer
    prefers_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    response: HttpResponseRedirect = redirect("schema" if prefers_json else "docs")
    patch_vary_headers(response, ["Accept"])
    return response
