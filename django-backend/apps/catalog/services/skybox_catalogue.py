"""Teams and venues during an import: looked up in memory, written once per chunk."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models.functions import Now

from apps.catalog.models import League, Team, Venue
from apps.catalog.rules.event_facts import EventFacts
from apps.catalog.rules.skybox_rows import SkyBoxVenue
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, same_name_key, shown
from apps.catalog.rules.starts import zone_changes
from apps.catalog.rules.team_names import is_near, teams_named
from apps.catalog.selectors import venue_events
from apps.common.time import every_time_zone_name, time_zone_names, validate_time_zone

MAX_ZONE: Final = 64
FACTS_AS_STORED: Final = ("name", "starts_at", "time_tbd", "date_tbd", "additional_info", "stubhub_event_url")


class ImportCatalogue:
    """All teams of a league and all venues, including those of the rows accepted so far.

    A venue is found by its SkyBox id, else by name and city; then it takes over the SkyBox id. The zone of a known
    venue stays.
    """

    def __init__(self, *, league: League, create_teams: bool) -> None:
        self._league = league
        self._create_teams = create_teams
        self._zones_of_new_venues: dict[int, str] = {}
        self._reported_zones: set[tuple[UUID, str]] = set()
        self._events_of_moved: dict[UUID, list[Mapping[str, Any]]] = {}
        self.read()

    def read(self) -> None:
        """Read teams and venues again, as others may have changed them; unsaved ones are dropped."""
        league = self._league
        self._teams = {same_name_key(team.name): team for team in Team.objects.filter(league=league)}
        venues = list(Venue.objects.all())
        self._venues_by_id = {venue.skybox_venue_id: venue for venue in venues if venue.skybox_venue_id is not None}
        self._venues_by_place = {_place(venue.name, venue.city): venue for venue in venues}
        self._names = {team.id: team.name for team in self._teams.values()} | {venue.id: venue.name for venue in venues}
        self._zones = {venue.id: venue.timezone for venue in venues}
        self._new_teams: list[Team] = []
        self._new_venues: dict[UUID, Venue] = {}
        self._changed_venues: dict[UUID, Venue] = {}

    @property
    def has_teams(self) -> bool:
        """Whether the league has any team; a concert tour has none."""
        return bool(self._teams)

    def has_team(self, name: str) -> bool:
        """Return whether a team of the league has this name."""
        return same_name_key(name) in self._teams

    def name_of(self, row_id: UUID | None) -> str:
        """Return the name of a team or venue, for people."""
        return "none" if row_id is None else self._names.get(row_id, str(row_id))

    def facts_of(self, event: Mapping[str, Any]) -> EventFacts:
        """Return the facts of an event, given as a row of its columns, in names instead of ids."""
        return EventFacts(
            timezone=self._zones[event["venue_id"]],
            venue=self._names[event["venue_id"]],
            away_team=self._names.get(event["away_team_id"], ""),
            home_team=self._names.get(event["home_team_id"], ""),
            **{fact: event[fact] for fact in FACTS_AS_STORED},
        )

    def zone_as_written(self, skybox_venue_id: int | None, name: str) -> str:
        """Return the zone that a row names, else that of its known venue; empty when there is none."""
        if name in every_time_zone_name():
            return name
        venue = self._venues_by_id.get(skybox_venue_id or 0)
        return venue.timezone if venue else ""

    def zone_name(self, wanted: SkyBoxVenue) -> str:
        """Return the zone of local times at a venue.

        Raises:
            RowDoubtful: `venue_time_zone_changed` for a known venue that the row puts into another zone.
            RowRefused: `unknown_time_zone`, `missing_time_zone`, `venue_time_zone_conflict`, `venue_name_taken`, or
                `invalid_venue` for a new venue without a name.
        """
        known = self._found(wanted)
        if known is None and not wanted.name:
            raise RowRefused("invalid_venue", f"Venue {wanted.skybox_venue_id} is new and has no name.")
        zone = wanted.timezone or (known.timezone if known else "")
        if not zone:
            raise RowRefused("missing_time_zone", f"{wanted.name} is new and has no timeZone.")
        earlier = self._zones_of_new_venues.get(wanted.skybox_venue_id, zone)
        if earlier != zone:
            raise RowRefused(
                "venue_time_zone_conflict",
                f"Venue {wanted.skybox_venue_id} is in {zone} here and in {earlier} in an earlier row.",
            )
        if known is not None and (zone == known.timezone or zone in every_time_zone_name()):
            self._require_same_zone(known, zone)
        elif reason := _not_a_region(zone):
            raise RowRefused("unknown_time_zone", reason)
        return zone

    def read_events_of_moved(self, wanted: Iterable[SkyBoxVenue]) -> None:
        """Read the events of venues that rows put into another zone."""
        moved = set()
        for venue in wanted:
            with suppress(RowRefused):
                known = self._found(venue)
                if known is not None and venue.timezone not in {"", known.timezone}:
                    moved.add(known.id)
        self._events_of_moved = defaultdict(list)
        if moved:
            for event in venue_events(moved):
                self._events_of_moved[event["venue_id"]].append(event)

    def _require_same_zone(self, venue: Venue, zone: str) -> None:
        """Raise `venue_time_zone_changed` for another zone than the venue's; the first such row lists all events."""
        if zone == venue.timezone:
            return
        near = "" if zone in time_zone_names() else f" {_not_a_region(zone)}"
        detail = f"{venue} is in {venue.timezone}, the row says {shown(zone)}.{near} Change the venue, or the row."
        if (venue.id, zone) not in self._reported_zones:
            self._reported_zones.add((venue.id, zone))
            lines = zone_changes(self._events_of_moved[venue.id], old=venue.timezone, new=zone)
            detail = f"{detail} Its events would begin at other times: {'; '.join(lines)}." if lines else detail
        raise RowDoubtful("venue_time_zone_changed", detail)

    def teams(self, *names: str | None) -> list[Team | None]:
        """Return the teams of a row, None for none; create new ones if requested.

        Raises:
            RowDoubtful: `near_team` for another spelling of a known team; no team of the row is created.
            RowRefused: `unknown_team`.
        """
        self.require_usable(*names)
        return [None if name is None else self._teams.get(same_name_key(name)) or self._created(name) for name in names]

    def named_in(self, text: str) -> list[str]:
        """Return the teams that a text names: known names in it, else the one that it may be another spelling of."""
        return teams_named(text, (team.name for team in self._teams.values())) or self._near(text)[:1]

    def require_usable(self, *names: str | None) -> None:
        """Refuse teams that are neither known nor may be created.

        Raises:
            RowDoubtful, RowRefused: as `teams`.
        """
        for name in names:
            if name is None or self.has_team(name):
                continue
            if near := self._near(name):
                raise RowDoubtful(
                    "near_team",
                    f"{self._league} has no team {shown(name)}, it has {' and '.join(near)}. Correct the spelling by a"
                    " replacement, or add the team in the admin if it is another one.",
                )
            if not self._create_teams:
                raise RowRefused("unknown_team", f"{self._league} has no team {shown(name)}.")

    def _near(self, text: str) -> list[str]:
        return [
            team.name
            for team in self._teams.values()
            if is_near(text, name=team.name, city=team.city, abbreviation=team.abbreviation)
        ]

    def _created(self, name: str) -> Team:
        team = Team(league=self._league, name=name)
        self._teams[same_name_key(name)] = team
        self._names[team.id] = name
        self._new_teams.append(team)
        return team

    def venue(self, wanted: SkyBoxVenue, *, zone_name: str) -> Venue:
        """Return the venue of an accepted row, created or given the export's SkyBox id if need be."""
        venue = self._found(wanted)
        if venue is None:
            venue = Venue(
                name=wanted.name, city=wanted.city, state=wanted.state, country=wanted.country, timezone=zone_name
            )
            venue.skybox_venue_id = wanted.skybox_venue_id
            self._new_venues[venue.id] = venue
            self._zones_of_new_venues[wanted.skybox_venue_id] = zone_name
            self._names[venue.id] = venue.name
            self._zones[venue.id] = zone_name
            self._venues_by_place[_place(venue.name, venue.city)] = venue
        elif venue.skybox_venue_id != wanted.skybox_venue_id:
            venue.skybox_venue_id = wanted.skybox_venue_id
            self._changed_venues[venue.id] = venue
        self._venues_by_id[wanted.skybox_venue_id] = venue
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
            Venue.objects.bulk_update(changed, ["skybox_venue_id", "updated_at"])
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


def _not_a_region(zone: str) -> str:
    """Return why a zone is refused, empty for the zone of a region."""
    try:
        validate_time_zone(zone[:MAX_ZONE])
    except ValidationError as error:
        return str(error.messages[0])
    return ""
