"""What the feed last said about events, and where it and staff disagree."""

from django.conf import settings
from django.db import models

from apps.catalog.enums import FeedDecision, FeedFact
from apps.catalog.models.events import Event, League, Team, Venue
from apps.common.model_fields import LineField
from apps.common.models import BaseModel


class FeedEvent(BaseModel):
    """What the feed last said about an event under one SkyBox id; the event itself has what is true.

    If the next file says the same again, nothing changes, whatever staff have changed since.
    """

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="feed_events")
    skybox_event_id = models.BigIntegerField(unique=True)
    name = LineField(max_length=200)
    starts_at = models.DateTimeField()
    time_tbd = models.BooleanField(default=False)
    date_tbd = models.BooleanField(default=False)
    additional_info = LineField(max_length=300, blank=True)
    stubhub_event_url = models.URLField(max_length=500, blank=True)
    # Empty once staff have deleted the team or the venue: the next row then says something else, and staff decide.
    home_team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    away_team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")
    venue = models.ForeignKey(Venue, on_delete=models.SET_NULL, null=True, related_name="+")
    superseded_at = models.DateTimeField(
        null=True, help_text="Since when another id means the event, a rescheduled game; rows of this id are skipped."
    )
    missing_since = models.DateTimeField(
        null=True, help_text="Since when files that should have the event lack it; empty again once one has it."
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"SkyBox {self.skybox_event_id}"


class FeedDifference(BaseModel):
    """One fact of an event on which the feed and staff disagree; open until somebody decides, or until they agree."""

    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="feed_differences")
    fact = models.CharField(max_length=20, choices=FeedFact.choices)
    feed_says = models.TextField(help_text="In words, local times.")
    we_had = models.TextField(help_text="What the event had when the difference was noticed, in words.")
    noticed_at = models.DateTimeField()
    decision = models.CharField(max_length=20, choices=FeedDecision.choices, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "fact"], condition=models.Q(decision=""), name="feeddifference_one_open"
            ),
            models.CheckConstraint(
                condition=models.Q(decision="", decided_at__isnull=True, decided_by__isnull=True)
                | (~models.Q(decision="") & models.Q(decided_at__isnull=False)),
                name="feeddifference_decided_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event}: {self.get_fact_display()}"


class NameReading(BaseModel):
    """Who is at home where a feed's names do not say it (`New York Mets vs. Los Angeles Dodgers`), as staff chose.

    It applies to one text at one venue: the same teams in another order, with another separator or at another venue are
    another question.
    """

    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="name_readings")
    name = LineField(max_length=200, help_text="The teams as the feed writes them.")
    name_key = models.CharField(max_length=600, editable=False, help_text="The name without case and surplus blanks.")
    skybox_venue_id = models.BigIntegerField()
    venue_name = LineField(max_length=200, blank=True)
    home = LineField("at home", max_length=200)
    away = LineField("away", max_length=200)
    chosen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["league__code", "name", "id"]
        verbose_name = "reading of a name"
        verbose_name_plural = "readings of names"
        constraints = [
            models.UniqueConstraint(
                fields=["league", "skybox_venue_id", "name_key"],
                name="namereading_once_per_venue",
                violation_error_message="This name has a reading at this venue.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.away} at {self.home}"
