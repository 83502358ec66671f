"""`manage.py load_reference_data`: the shipped leagues, venues and teams."""

from typing import Any

from django.core.management.base import BaseCommand

from apps.catalog.services.reference_data import reference_data_load


class Command(BaseCommand):
    """Loads the shipped reference data and reports what changed."""

    help = (
        "Load the shipped leagues, venues and teams. Rows that are there get the shipped zone, state and country "
        "(venues) or abbreviation, city and home venue (teams); nothing is deleted, a second run changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for table, counts in reference_data_load()._asdict().items():
            words = f"{counts.created} created, {counts.updated} updated, {counts.unchanged} unchanged"
            self.stdout.write(f"{table}: {words}")
