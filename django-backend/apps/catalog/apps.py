"""What can be consigned: leagues, seasons, venues, teams, events."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The catalogue and its import from SkyBox."""

    name = "apps.catalog"
    verbose_name = "Catalogue"
