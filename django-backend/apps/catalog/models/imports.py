"""Files of events that staff have uploaded."""

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from apps.catalog.enums import EventImportStatus
from apps.catalog.models.events import League
from apps.common.model_fields import LineField
from apps.common.models import BaseModel


class EventImport(BaseModel):
    """An uploaded SkyBox export: kept from preview to confirmation, and afterwards as evidence of what it did."""

    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="event_imports")
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="event_imports")
    season_name = LineField(max_length=50)
    create_teams = models.BooleanField(default=False)
    # Text, because jsonb forgets the order in which the replacements are to be made.
    replacements = models.TextField(blank=True, help_text='JSON: {"column": {"regex": "new text"}}')
    file_name = models.CharField(max_length=255, blank=True)
    payload = models.BinaryField(help_text="The uploaded file, gzip.")
    payload_sha256 = models.CharField("SHA-256 of the file", max_length=64)
    status = models.CharField(
        max_length=20, choices=EventImportStatus.choices, default=EventImportStatus.PREVIEWED, editable=False
    )
    counts = models.JSONField(help_text="Rows by outcome: of the preview, once applied of the import.")
    report = models.BinaryField(help_text="The row report that goes with the counts, CSV, gzip.")
    questions = models.JSONField(
        default=list,
        db_default=[],
        editable=False,
        help_text="Names that do not say who is at home, for staff to choose.",
    )
    previewed_at = models.DateTimeField(db_default=Now(), editable=False)
    applied_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status="previewed", applied_at__isnull=True)
                | models.Q(status="applied", applied_at__isnull=False),
                name="eventimport_applied_has_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.league} {self.season_name}: {self.file_name or 'upload'}"
