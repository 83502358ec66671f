"""Addresses that Slack calls."""

from django.urls import path

from apps.triage.views import CommandView, InteractionView

urlpatterns = [
    path("interactions/", InteractionView.as_view(), name="slack-interactions"),
    path("commands/", CommandView.as_view(), name="slack-commands"),
]
