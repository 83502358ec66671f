"""Who is at home where a feed's names do not say it: stores and reads the choices of staff."""

from collections.abc import Callable, Mapping
from uuid import UUID

from django.db import transaction

from apps.catalog.errors import NameReadingRefused
from apps.catalog.models import League, NameReading
from apps.catalog.rules.skybox_rows import SidesQuestion
from apps.catalog.rules.skybox_text import same_name_key
from apps.users.models import User


def name_readings(league_id: UUID) -> Callable[[int | None, str], str | None]:
    """Return a function from a venue's SkyBox id and a part of a name to the home side, None if nobody has chosen."""
    rows = NameReading.objects.filter(league=league_id).values_list("skybox_venue_id", "name_key", "home")
    chosen = {(venue_id, key): home for venue_id, key, home in rows}
    return lambda venue_id, text: chosen.get((venue_id, same_name_key(text))) if venue_id else None


@transaction.atomic
def name_readings_keep(*, league: League, homes: Mapping[SidesQuestion, str], chosen_by: User) -> None:
    """Remember who is at home for each question.

    Raises:
        NameReadingRefused: somebody has chosen the other side meanwhile; nothing is kept then.
    """
    rows = [_reading(league, question, home, chosen_by) for question, home in homes.items()]
    NameReading.objects.bulk_create(rows, ignore_conflicts=True)
    found = NameReading.objects.filter(league=league, name_key__in=[row.name_key for row in rows])
    kept = {(row.skybox_venue_id, row.name_key): row for row in found.select_related("chosen_by")}
    for row in rows:
        other = kept.get((row.skybox_venue_id, row.name_key), row)  # unless somebody has just deleted it
        if same_name_key(other.home) != same_name_key(row.home):
            raise NameReadingRefused(
                f"{other.chosen_by} has chosen {other.home} at home for '{row.name}' meanwhile. To change that, delete"
                " it in the list of readings of names first."
            )


def _reading(league: League, question: SidesQuestion, home: str, chosen_by: User) -> NameReading:
    pair = question.pair
    return NameReading(
        league=league,
        name=pair.text,
        name_key=same_name_key(pair.text),
        skybox_venue_id=question.skybox_venue_id,
        venue_name=question.venue,
        home=home,
        away=pair.other if home == pair.one else pair.one,
        chosen_by=chosen_by,
    )
