"""Words of the catalogue."""

from django.db import models


class EventStatus(models.TextChoices):
    """Whether a game takes place as announced. A postponed game will be played, a cancelled one not."""

    SCHEDULED = "scheduled", "Scheduled"
    POSTPONED = "postponed", "Postponed"
    CANCELLED = "cancelled", "Cancelled"


class EventImportStatus(models.TextChoices):
    """How far an uploaded import has come; it is applied once and never taken back."""

    PREVIEWED = "previewed", "Previewed"
    APPLIED = "applied", "Applied"
