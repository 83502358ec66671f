"""Foundations without a word of the domain: money, ids, errors, idempotency, pagination."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """Lowest row of the layer table: every app may use it, it uses none."""

    name = "apps.common"
    verbose_name = "Foundations"
