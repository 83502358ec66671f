"""Forms of the admin pages."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.catalog.models import Event, Venue


class RescheduleForm(forms.Form):
    """The new start as the clock at the venue shows it, and why."""

    starts_at = forms.SplitDateTimeField(label="New start", widget=UnfoldAdminSplitDateTimeWidget)
    time_tbd = forms.BooleanField(label="Time to be decided", required=False, widget=UnfoldBooleanSwitchWidget)
    date_tbd = forms.BooleanField(label="Date to be decided", required=False, widget=UnfoldBooleanSwitchWidget)
    venue = forms.ModelChoiceField(Venue.objects.all(), widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        label="Reason", max_length=300, widget=UnfoldAdminTextInputWidget, help_text="The holders read it."
    )

    def __init__(self, *args: Any, event: Event, **kwargs: Any) -> None:
        zone = event.venue.zone
        initial = {
            "starts_at": event.starts_at.astimezone(zone).replace(tzinfo=None),
            "time_tbd": event.time_tbd,
            "date_tbd": event.date_tbd,
            "venue": event.venue_id,
        }
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.fields["starts_at"].help_text = f"Local time at the venue; here: {zone.key}."

    def clean(self) -> dict[str, Any]:
        """Read the start on the clock of the chosen venue."""
        cleaned: dict[str, Any] = super().clean() or {}
        if (starts_at := cleaned.get("starts_at")) and (venue := cleaned.get("venue")):
            cleaned["starts_at"] = _at(starts_at.replace(tzinfo=None), venue.zone)
        return cleaned


def _at(local: Any, zone: ZoneInfo) -> Any:
    return timezone.make_aware(local, zone)
