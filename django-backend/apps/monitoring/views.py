"""Health check and metrics for monitors, liveness for containers."""

import asyncio
from collections.abc import Sequence
from typing import Any, ClassVar

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseNotAllowed, JsonResponse
from django.utils import timezone
from health_check.base import HealthCheckResult
from health_check.views import HealthCheckView

from apps.common.queries import query_refusal
from apps.monitoring.permissions import has_health_check_token
from apps.monitoring.selectors.health import HealthRow, health_rows
from apps.monitoring.services.scrape import metrics_text


class SystemStatusView(HealthCheckView):
    """State and time of database, cache and Celery, then of each invariant as it was last checked.

    200 when nothing fails, 500 when something does, HTML or JSON.

    JSON: `{"Database": {"status": "working", "detail": "", "time_taken_seconds": 0.002}, …}`.
    """

    template_name = "monitoring/system_status.html"
    http_method_names = ["get", "head", "options"]
    checks: ClassVar[Sequence[tuple[str, dict[str, Any]]]] = (
        ("health_check.checks.Database", {}),
        ("health_check.checks.Cache", {"alias": "direct"}),
        ("apps.monitoring.gateways.celery_check.CeleryCheck", {}),
    )
    service_names = {"Database": "Database", "Cache": "Cache", "CeleryCheck": "Celery"}

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Refuse requests without the token, without saying whether one is configured."""
        if not has_health_check_token(request):
            return HttpResponseForbidden("Forbidden\n", content_type="text/plain")
        if refusal := query_refusal(request, format=("html", "json")):
            return refusal
        response: HttpResponse = await super().dispatch(request, *args, **kwargs)
        return response

    async def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Run the checks in parallel and answer in the requested format."""
        results = await asyncio.gather(*(check.get_result(None) for check in self.get_checks()))
        services = {self.service_names[type(result.check).__name__]: _service(result) for result in results}
        # One after the other: a dead database has its own row, and is not waited for twice.
        if services["Database"]["status"] == "working":
            rows = await sync_to_async(health_rows)(now=timezone.now())
            services |= {row.title: _row(row) for row in rows}
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


def _row(row: HealthRow) -> dict[str, Any]:
    return {"status": row.state.value, "detail": row.detail, "time_taken_seconds": round(row.seconds, 4)}


def metrics(request: HttpRequest) -> HttpResponse:
    """Answer a scrape of Prometheus in the format that it accepts; needs the token of the health check."""
    if not has_health_check_token(request):
        return HttpResponseForbidden("Forbidden\n", content_type="text/plain")
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    if refusal := query_refusal(request):
        return refusal
    text, content_type = metrics_text(accept=request.headers.get("Accept", ""), now=timezone.now())
    return HttpResponse(text, content_type=content_type)


def livez(request: HttpRequest) -> HttpResponse:
    """Answer that the process is alive; checks no service, so that no container restarts for a dead database."""
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    return HttpResponse("ok\n", content_type="text/plain")
