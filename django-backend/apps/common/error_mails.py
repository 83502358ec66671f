"""Error mails to operators (DJANGO_ADMINS): what the log says, and nothing of the request."""

import logging

from django.conf import settings
from django.utils.log import AdminEmailHandler

from apps.common.redaction import redacted


class ErrorMailHandler(AdminEmailHandler):
    """Django's handler mails request data, cookies, settings and local variables; this one mails the log line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Send one mail; a mail server that does not answer loses it, and nothing else."""
        if not settings.ADMINS:
            return
        text = self.format(record)
        subject = f"{record.levelname}: {record.name}, {redacted(text).splitlines()[0][:150]}"
        self.send_mail(self.format_subject(subject), text, fail_silently=True)
