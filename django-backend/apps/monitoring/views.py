"""Health check for monitors, liveness for containers."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotAllowed, JsonResponse
from health_check.base import HealthCheckResult
from health_check.views import HealthCheckView

from apps.monitoring.permissions import has_health_check_token


class SystemStatusView(HealthCheckView):
    """State and time of database, cache and Celery: 200 when all work, 500 when one fails, HTML or JSON.

    JSON: `{"Database": {"status": "working", "detail": "", "time_taken_seconds": 0.002}, …}`.
    """

    template_name = "monitoring/system_status.html"
    http_method_names = ["get", "head", "options"]
    checks: ClassVar[Sequence[tuple[str, dict[str, Any]]]] = (
        ("health_check.checks.Database", {}),
        ("health_check.checks.Cache", {}),
        ("apps.monitoring.gateways.CeleryCheck", {}),
    )
    service_names = {"Database": "Database", "Cache": "Cache", "CeleryCheck": "Celery"}

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Let nobody in without the token; the refusal does not say whether a token is configured."""
        if not has_health_check_token(request):
            return HttpResponseForbidden("Forbidden\n", content_type="text/plain")
        response: HttpResponse = await super().dispatch(request, *args, **kwargs)
        return response

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run the checks side by side and answer in the form that was asked for."""
        results = await asyncio.gather(*(check.get_result(None) for check in self.get_checks()))
        services = {self.service_names[type(result.check).__name__]: _service(result) for result in results}
        failing = any(service["status"] == "failing" for service in services.values())
        status = 500 if failing else 200
        if request.GET.get("format") == "json" or not request.accepts("text/html"):
            return JsonResponse(services, status=status)
        page: HttpResponse = self.render_to_response({"services": services, "failing": failing}, status=status)
        return page


def _service(result: HealthCheckResult) -> dict[str, Any]:
    if result.error is not None:
        status, detail = "failing", str(result.error)
    elif getattr(result.check, "state_unknown", False):
        status, detail = "unknown", "Its broker is the cache's Redis, which does not answer."
    else:
        status, detail = "working", ""
    return {"status": status, "detail": detail, "time_taken_seconds": round(result.time_taken, 4)}


def livez(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; looks at no service, so a container is not restarted for a dead database."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse("ok\n", content_type="text/plain")
