"""Notices that people read inside the product."""

from django.conf import settings
from django.db import models

from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind


class Notice(models.Model):
    """One notice to one user; deleted after the retention."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    object_ids = models.JSONField(default=list, blank=True, help_text="What it is about, ids of the kind's objects.")
    source_id = models.UUIDField(help_text="The message of the outbox that it was made from.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user_id"),
            models.Index(fields=["user"], name="notice_user_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["created_at"], name="notice_created_at"),
        ]
        constraints = [
            # A handler that is called again for the same message makes no second notice.
            models.UniqueConstraint(fields=["source_id", "user"], name="notice_once_for_user")
        ]

    def __str__(self) -> str:
        return self.title
