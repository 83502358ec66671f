"""Which reports were made."""

from django.db import models

from apps.common.models import BaseModel
from apps.notifications.models import SlackMessage


class WeeklyReport(BaseModel):
    """The report of a week in a channel. A week is reported once to a channel, unless forced."""

    channel = models.CharField(max_length=40, help_text="Id of the Slack channel.")
    week = models.CharField(max_length=8, help_text="ISO week in which it ends, such as 2026-W47.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_at = models.DateTimeField(help_text="When it was made last.")
    slack_messages = models.ManyToManyField(SlackMessage, related_name="+", help_text="All that were made of it.")

    class Meta:
        ordering = ["-ends_at", "-id"]
        constraints = [models.UniqueConstraint(fields=["channel", "week"], name="weeklyreport_week_once_per_channel")]

    def __str__(self) -> str:
        return f"{self.week} in {self.channel}"
