"""Messages of the contact form."""

from django.conf import settings
from django.db import models

from apps.common.ids import uuid7

MAX_NAME = 100
MAX_SUBJECT = 150
MAX_MESSAGE = 4_000


class ContactMessage(models.Model):
    """What somebody wrote, with an account or without; deleted a year later."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who was signed in when writing; nobody has checked the address below.",
    )
    name = models.CharField(max_length=MAX_NAME)
    email = models.EmailField()
    subject = models.CharField(max_length=MAX_SUBJECT)
    message = models.TextField(max_length=MAX_MESSAGE)
    received_at = models.DateTimeField(db_index=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(answered_by__isnull=True) | models.Q(answered_at__isnull=False),
                name="contactmessage_answer_has_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.subject
