"""What can be consigned: a league's season of events, played by teams at venues."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models.functions import Cast, Concat, Left, Length, Lower, Right
from django.db.models.lookups import Exact

from apps.catalog.enums import EventStatus
from apps.catalog.rules.starts import local_start
from apps.common.acts import ChangeSource
from apps.common.folded_column import folded_column
from apps.common.ids import uuid7
from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.common.time import validate_time_zone


class League(BaseModel):
    """A league, or any other series of events such as a concert tour: a new kind is a new row, not new code."""

    code = models.SlugField(max_length=20, help_text="Short name as people write it: NFL, NBA.")
    name = LineField(max_length=200)
    category = LineField(max_length=50, default="sport", help_text="Kind of event: sport, concert, theatre.")
    folded = folded_column("code", "name", "category")

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                Lower("code"), name="league_code_unique", violation_error_message="A league with this code exists."
            )
        ]

    def __str__(self) -> str:
        return self.code


class Season(BaseModel):
    """One season of a league, named as the league names it: `2025`, `2025-26`."""

    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="seasons")
    name = LineField(max_length=50)

    class Meta:
        ordering = ["league__code", "-name"]
        constraints = [
            models.UniqueConstraint(
                "league",
                Lower("name"),
                name="season_name_once_per_league",
                violation_error_message="The league has a season with this name.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.league} {self.name}"


class Venue(BaseModel):
    """A place with its own time zone, in which local times of events are shown."""

    name = LineField(max_length=200)
    city = LineField(max_length=100, blank=True)
    state = LineField(max_length=50, blank=True)
    country = LineField(max_length=2, blank=True, help_text="ISO 3166-1 alpha-2.")
    timezone = models.CharField(max_length=64, validators=[validate_time_zone], help_text="IANA name.")
    skybox_venue_id = models.BigIntegerField(null=True, blank=True, unique=True)
    folded = folded_column("name", "city", "state")

    class Meta:
        ordering = ["name", "city"]
        constraints = [
            models.UniqueConstraint(
                Lower("name"),
                Lower("city"),
                name="venue_name_once_per_city",
                violation_error_message="A venue with this name exists in this city.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}" if self.city else self.name

    @property
    def zone(self) -> ZoneInfo:
        """The venue's time zone."""
        return ZoneInfo(self.timezone)

    def local_text(self, moment: datetime) -> str:
        """Return a moment on the clock of the venue, with its zone: `Sunday, September 9, 2040, 1:00 PM EDT`."""
        return local_start(moment, zone=self.zone, time_tbd=False, date_tbd=False)


class Team(BaseModel):
    """A team under its full name (`Philadelphia Eagles`), unique in its league."""

    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="teams")
    name = LineField(max_length=200)
    abbreviation = LineField(max_length=10, blank=True)
    city = LineField(max_length=100, blank=True)
    home_venue = models.ForeignKey(Venue, on_delete=models.SET_NULL, null=True, blank=True, related_name="home_teams")
    folded = folded_column("name", "abbreviation", "city")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                "league",
                Lower("name"),
                name="team_name_once_per_league",
                violation_error_message="The league has a team with this name.",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Event(BaseModel):
    """A game or a show.

    `starts_at` is UTC; with `time_tbd` its time, with `date_tbd` its date is a placeholder.
    """

    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="events")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="events")
    home_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="home_events")
    away_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, blank=True, related_name="away_events")
    name = LineField(max_length=200, help_text="As fans say it: Dallas Cowboys at Philadelphia Eagles.")
    given_label = models.CharField(
        max_length=320, default="", db_default="", editable=False, help_text="Written by services/event_labels.py."
    )
    # However events are written, none is left without its own label or with one of another name.
    label = models.GeneratedField(
        expression=models.Case(
            models.When(Exact(Left("given_label", Length("name")), models.F("name")), then="given_label"),
            default=Concat("name", models.Value(" · "), Right(Cast("id", models.TextField()), 8)),
        ),
        output_field=models.CharField(max_length=320),
        db_persist=True,
        help_text="What the event is called wherever it is named: its name, made unique in the season.",
    )
    starts_at = models.DateTimeField()
    time_tbd = models.BooleanField("time to be decided", default=False)
    date_tbd = models.BooleanField("date to be decided", default=False)
    status = models.CharField(max_length=20, choices=EventStatus.choices, default=EventStatus.SCHEDULED)
    additional_info = LineField(max_length=300, blank=True, help_text="Preseason, Game 2, Rescheduled from …")
    skybox_event_id = models.BigIntegerField(null=True, blank=True, unique=True)
    stubhub_event_url = models.URLField(max_length=500, blank=True)
    folded = folded_column("name", "given_label", "additional_info")

    class Meta:
        ordering = ["starts_at", "id"]
        indexes = [
            models.Index(fields=["starts_at", "id"], name="event_starts_at_id"),
            models.Index(fields=["season", "starts_at", "id"], name="event_season_starts_at_id"),
            models.Index(fields=["home_team", "starts_at", "id"], name="event_home_starts_at_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(home_team__isnull=True)
                | models.Q(away_team__isnull=True)
                | ~models.Q(home_team=models.F("away_team")),
                name="event_teams_differ",
                violation_error_message="A team cannot play against itself.",
            ),
            models.CheckConstraint(
                condition=models.Q(date_tbd=False) | models.Q(time_tbd=True),
                name="event_date_tbd_means_time_tbd",
                violation_error_message="With the date to be decided, the time is to be decided too.",
            ),
            # Checked after each statement: labels of one season may be swapped.
            models.UniqueConstraint(
                fields=["season", "label"], name="event_label_once_per_season", deferrable=models.Deferrable.IMMEDIATE
            ),
        ]

    def __str__(self) -> str:
        return str(self.label)

    @property
    def local_start(self) -> str:
        """The start in local words; the venue is loaded."""
        return local_start(self.starts_at, zone=self.venue.zone, time_tbd=self.time_tbd, date_tbd=self.date_tbd)


class EventChange(models.Model):
    """One postponement, move, new opponent or cancellation: who, where, from what, to what. Append-only.

    Only `followed_at` is set later: an import changes events first, and the consequences for listings and holders
    follow after its commit.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="changes")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=ChangeSource.choices)
    from_status = models.CharField(max_length=20, choices=EventStatus.choices)
    to_status = models.CharField(max_length=20, choices=EventStatus.choices)
    from_starts_at = models.DateTimeField()
    to_starts_at = models.DateTimeField()
    from_time_tbd = models.BooleanField(default=False)
    to_time_tbd = models.BooleanField(default=False)
    from_date_tbd = models.BooleanField(default=False)
    to_date_tbd = models.BooleanField(default=False)
    from_venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="+")
    to_venue = models.ForeignKey(Venue, on_delete=models.PROTECT, related_name="+")
    from_away_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    to_away_team = models.ForeignKey(Team, on_delete=models.PROTECT, null=True, related_name="+")
    note = LineField(max_length=300)
    at = models.DateTimeField()
    followed_at = models.DateTimeField(
        null=True, help_text="When listings and holders were dealt with; empty: about to be."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["event", "-id"], name="eventchange_event_id")]
        triggers = [
            pgtrigger.Protect(
                name="facts_stay", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(exclude=["followed_at"])
            ),
            pgtrigger.Protect(
                name="followed_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition("OLD.followed_at IS NOT NULL"),
            ),
            pgtrigger.Protect(name="kept_for_good", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"

    @property
    def local_starts(self) -> tuple[str, str]:
        """The old and the new start in local words; the venues are loaded."""
        before = local_start(
            self.from_starts_at, zone=self.from_venue.zone, time_tbd=self.from_time_tbd, date_tbd=self.from_date_tbd
        )
        after = local_start(
            self.to_starts_at, zone=self.to_venue.zone, time_tbd=self.to_time_tbd, date_tbd=self.to_date_tbd
        )
        return before, after

    @property
    def is_new_date(self) -> bool:
        """Whether the start is another, or known again after a postponement."""
        names = ("status", "starts_at", "time_tbd", "date_tbd")
        return any(getattr(self, f"from_{name}") != getattr(self, f"to_{name}") for name in names)

    @property
    def is_new_venue(self) -> bool:
        """Whether the event is at another venue."""
        return self.from_venue_id != self.to_venue_id

    @property
    def is_new_opponent(self) -> bool:
        """Whether the event has another away team."""
        return self.from_away_team_id != self.to_away_team_id
