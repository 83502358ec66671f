"""Addresses of monitors; the seed's documents wrote `api//health-check/`, so both spellings answer."""

from django.urls import path

from apps.monitoring.views import SystemStatusView, livez, metrics

urlpatterns = [
    path("api/health-check/", SystemStatusView.as_view(), name="health-check"),
    path("api//health-check/", SystemStatusView.as_view()),
    path("api/metrics/", metrics, name="metrics"),
    path("livez", livez, name="livez"),
]
