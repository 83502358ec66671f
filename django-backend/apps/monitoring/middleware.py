"""Counts requests."""

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from apps.monitoring.gateways.request_counts import request_counted, request_in_progress


class RequestMetricsMiddleware:
    """Counts each answer by route, method and class of status; the outermost middleware, so that it sees all."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        with request_in_progress():
            response = self.get_response(request)
        match = request.resolver_match
        request_counted(
            route=match.route if match else None,
            method=request.method,
            status=response.status_code,
            seconds=time.perf_counter() - begun,
        )
        return response
