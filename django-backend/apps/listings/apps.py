"""Seats on consignment."""

from django.apps import AppConfig


class ListingsConfig(AppConfig):
    """Season tickets, listings and their seats."""

    name = "apps.listings"
    verbose_name = "Listings"
