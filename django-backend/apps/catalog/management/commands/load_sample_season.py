"""`manage.py load_sample_season`: an invented season to try the product with."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from apps.catalog.services.sample_season import sample_season_load


class Command(BaseCommand):
    """Loads the sample season and reports what it made."""

    help = (
        "Load an invented NFL season, eight games one week apart from about 14 days from now on, and one concert. "
        "A second run changes nothing: games that are over stay where they are."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        result = sample_season_load(now=timezone.now())
        games, concerts = result.games_created, result.concerts_created
        span = f"from {result.first_starts_at:%Y-%m-%d} to {result.last_starts_at:%Y-%m-%d}"
        if games or concerts:
            self.stdout.write(f"Sample season: {games} NFL games {span} and {concerts} concert created.")
        else:
            self.stdout.write(f"The sample season is there already: NFL games {span}.")
