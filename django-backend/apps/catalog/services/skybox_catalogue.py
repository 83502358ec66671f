"""Teams and venues during an import: looked up in memory, written once per chunk."""

from typing import Final
from uuid import UUID

from django.db.models.functions import Now

from apps.catalog.models import League, Team, Venue
from apps.catalog.rules.skybox_rows import SkyBoxVenue
from apps.catalog.rules.skybox_text import RowRefused, same_name_key, shown
from apps.common.time import time_zone_names

VENUE_FIELDS: Final = ("skybox_venue_id", "timezone", "updated_at")


class ImportCatalogue:
    """All teams of a league and all venues, those of the rows accepted so far included.

    A venue is found by its SkyBox id, else by name and city; a venue found by name takes the SkyBox id over. The zone
    of a venue follows the export.
    """

    def __init__(self, *, league: League, create_teams: bool) -> None:
        self._league = league
        self._create_teams = create_teams
        self._zones_of_file: dict[int, str] = {}
        self.read()

    def read(self) -> None:
        """Read teams and venues again: others may have changed them since. What was not saved is forgotten."""
        league = self._league
        self._teams = {same_name_key(team.name): team for team in Team.objects.filter(league=league)}
        venues = list(Venue.objects.all())
        self._venues_by_id = {venue.skybox_venue_id: venue for venue in venues if venue.skybox_venue_id is not None}
        self._venues_by_place = {_place(venue.name, venue.city): venue for venue in venues}
        self._names = {team.id: team.name for team in self._teams.values()} | {venue.id: venue.name for venue in venues}
        self._new_teams: list[Team] = []
        self._new_venues: dict[UUID, Venue] = {}
        self._changed_venues: dict[UUID, Venue] = {}

    def has_team(self, name: str) -> bool:
        """Return whether a team of the league has this name."""
        return same_name_key(name) in self._teams

    def name_of(self, row_id: UUID | None) -> str:
        """Return the name of a team or venue, for people."""
        return "none" if row_id is None else self._names.get(row_id, str(row_id))

    def zone_name(self, wanted: SkyBoxVenue) -> str:
        """Return the zone in which local times at a venue are told.

        Raises:
            RowRefused: `unknown_time_zone`, `missing_time_zone`, `venue_time_zone_conflict`, `venue_name_taken`, or
                `invalid_venue` for a new venue without a name.
        """
        known = self._found(wanted)
        if known is None and not wanted.name:
            raise RowRefused("invalid_venue", f"Venue {wanted.skybox_venue_id} is new and has no name.")
        zone = wanted.timezone or (known.timezone if known else "")
        if not zone:
            raise RowRefused("missing_time_zone", f"{wanted.name} is new and has no timeZone.")
        if zone not in time_zone_names():
            raise RowRefused("unknown_time_zone", f"{shown(zone)} is not an IANA time zone.")
        earlier = self._zones_of_file.get(wanted.skybox_venue_id, zone)
        if earlier != zone:
            raise RowRefused(
                "venue_time_zone_conflict",
                f"Venue {wanted.skybox_venue_id} is in {zone} here and in {earlier} in an earlier row.",
            )
        return zone

    def team(self, name: str | None) -> Team | None:
        """Return the team of a name, None for none, creating it when that was asked for.

        Raises:
            RowRefused: `unknown_team`.
        """
        if name is None:
            return None
        team = self._teams.get(same_name_key(name))
        if team is None:
            if not self._create_teams:
                raise RowRefused("unknown_team", f"{self._league} has no team {shown(name)}.")
            team = Team(league=self._league, name=name)
            self._teams[same_name_key(name)] = team
            self._names[team.id] = name
            self._new_teams.append(team)
        return team

    def venue(self, wanted: SkyBoxVenue, *, zone_name: str) -> Venue:
        """Return the venue of an accepted row, created or brought to the export's SkyBox id and zone if need be."""
        venue = self._found(wanted)
        if venue is None:
            venue = Venue(
                name=wanted.name, city=wanted.city, state=wanted.state, country=wanted.country, timezone=zone_name
            )
            venue.skybox_venue_id = wanted.skybox_venue_id
            self._new_venues[venue.id] = venue
            self._names[venue.id] = venue.name
            self._venues_by_place[_place(venue.name, venue.city)] = venue
        elif (venue.skybox_venue_id, venue.timezone) != (wanted.skybox_venue_id, zone_name):
            venue.skybox_venue_id, venue.timezone = wanted.skybox_venue_id, zone_name
            self._changed_venues[venue.id] = venue
        self._venues_by_id[wanted.skybox_venue_id] = venue
        self._zones_of_file[wanted.skybox_venue_id] = zone_name
        return venue

    def save(self) -> None:
        """Write what is new or changed since the last call: at most three statements."""
        if self._new_teams:
            Team.objects.bulk_create(self._new_teams)
        if self._new_venues:
            Venue.objects.bulk_create(self._new_venues.values())
        changed = [venue for venue in self._changed_venues.values() if venue.id not in self._new_venues]
        if changed:
            for venue in changed:
                venue.updated_at = Now()
            Venue.objects.bulk_update(changed, VENUE_FIELDS)
        self._new_teams, self._new_venues, self._changed_venues = [], {}, {}

    def _found(self, wanted: SkyBoxVenue) -> Venue | None:
        venue = self._venues_by_id.get(wanted.skybox_venue_id)
        if venue is not None or not wanted.name:
            return venue
        venue = self._venues_by_place.get(_place(wanted.name, wanted.city))
        if venue is not None and venue.skybox_venue_id is not None:
            raise RowRefused(
                "venue_name_taken",
                f"{venue} is known as SkyBox venue {venue.skybox_venue_id}, the row says {wanted.skybox_venue_id}.",
            )
        return venue


def _place(name: str, city: str) -> tuple[str, str]:
    return same_name_key(name), same_name_key(city)
