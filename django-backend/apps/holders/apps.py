"""Ticket holders, who consign seats."""

from django.apps import AppConfig


class HoldersConfig(AppConfig):
    """Ticket holders and the commission that applies to them."""

    name = "apps.holders"
    verbose_name = "Ticket holders"
