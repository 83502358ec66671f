"""Loads the leagues, venues and teams that the product ships (`data/*.csv`) into the catalogue.

The files know a league by its code, a venue by name and city and a team by league and name, whatever the case. A row
that is not there is created. Of a row that is there, what is empty is filled in: a venue's state and country, a team's
abbreviation, city and home venue. Everything else belongs to staff: a home venue or a zone that they have changed
stays, however often a release loads the files. A row that staff renamed is unknown to the files and is created again
under its shipped name. Nothing is deleted.
"""

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from django.db import transaction
from django.db.models.functions import Now

from apps.catalog.models import League, Team, Venue

DATA_DIR: Final = Path(__file__).resolve().parent.parent / "data"
Row = TypeVar("Row", League, Venue, Team)


class LoadCounts(NamedTuple):
    """How many rows of one table were created, updated, or left as they were."""

    created: int
    updated: int
    unchanged: int


class ReferenceDataResult(NamedTuple):
    """What a load did, table by table."""

    leagues: LoadCounts
    venues: LoadCounts
    teams: LoadCounts


def reference_rows(name: str) -> list[dict[str, str]]:
    """Return the rows of one shipped file: `leagues`, `venues` or `teams`."""
    with (DATA_DIR / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@transaction.atomic
def reference_data_load() -> ReferenceDataResult:
    """Add what leagues, venues and teams lack compared with the shipped files; a second call changes nothing."""
    leagues, league_counts = _upsert(League, [League(**row) for row in reference_rows("leagues")], fields=())
    venues, venue_counts = _upsert(
        Venue, [Venue(**row) for row in reference_rows("venues")], fields=("state", "country")
    )
    league_of_code = {league.code.lower(): league for league in leagues}
    venue_of_name = {venue.name.lower(): venue for venue in venues}
    teams = [
        Team(
            league=league_of_code[row["league"].lower()],
            abbreviation=row["abbreviation"],
            city=row["city"],
            name=row["name"],
            home_venue=venue_of_name[row["home_venue"].lower()],
        )
        for row in reference_rows("teams")
    ]
    _, team_counts = _upsert(Team, teams, fields=("abbreviation", "city", "home_venue_id"))
    return ReferenceDataResult(leagues=league_counts, venues=venue_counts, teams=team_counts)


def _natural_key(row: League | Venue | Team) -> tuple[str, ...]:
    """Return what the unique constraint of the table compares."""
    if isinstance(row, League):
        return (row.code.lower(),)
    if isinstance(row, Venue):
        return (row.name.lower(), row.city.lower())
    return (str(row.league_id), row.name.lower())


def _upsert(model: type[Row], wanted: Iterable[Row], *, fields: tuple[str, ...]) -> tuple[list[Row], LoadCounts]:
    """Create the `wanted` rows that are missing, fill in `fields` that are empty; return the stored rows."""
    stored = {_natural_key(row): row for row in model.objects.all()}
    missing: list[Row] = []
    changed: list[Row] = []
    rows: list[Row] = []
    for row in wanted:
        known = stored.get(_natural_key(row))
        rows.append(known or row)
        if known is None:
            missing.append(row)
        elif empty := [field for field in fields if getattr(row, field) and not getattr(known, field)]:
            for field in empty:
                setattr(known, field, getattr(row, field))
            known.updated_at = Now()
            changed.append(known)
    model.objects.bulk_create(missing)
    if changed:
        model.objects.bulk_update(changed, [*(field.removesuffix("_id") for field in fields), "updated_at"])
    return rows, LoadCounts(len(missing), len(changed), len(rows) - len(missing) - len(changed))
