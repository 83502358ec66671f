"""Which mails people have switched off."""

from django.conf import settings
from django.db import models

from apps.notifications.enums import NoticeKind


class MailOptOut(models.Model):
    """One kind of mail that one user has switched off; without a row the kind is on."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_opt_outs")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="mailoptout_once")]

    def __str__(self) -> str:
        return f"No mails about {self.get_kind_display().lower()}"
