"""Decisions of staff, in Slack."""

from django.apps import AppConfig


class TriageConfig(AppConfig):
    """Row 7 of the design: shows staff what waits for them, and lets them decide where they read it."""

    name = "apps.triage"
