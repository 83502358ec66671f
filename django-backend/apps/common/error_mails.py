"""Error mails to operators (DJANGO_ADMINS): what the log says, and nothing of the request."""

import logging
import threading
from typing import Final

from django.conf import settings
from django.utils.log import AdminEmailHandler

from apps.common.redaction import redacted

# How many threads may send a mail at once. In a storm of errors, or without a mail server, the rest is only in the log.
MAX_AT_ONCE: Final = 3


class ErrorMailHandler(AdminEmailHandler):
    """Django's handler mails request data, cookies, settings and local variables; this one mails the log line.

    It is sent in a thread: a mail server that hangs would hold each failed request for EMAIL_TIMEOUT at every step, and
    a few of them all threads of a web process.
    """

    def __init__(self) -> None:
        super().__init__()
        self._free = threading.BoundedSemaphore(MAX_AT_ONCE)

    def emit(self, record: logging.LogRecord) -> None:
        """Send one mail; a mail server that does not answer loses it, and nothing else."""
        if not settings.ADMINS:
            return
        text = self.format(record)
        subject = f"{record.levelname}: {record.name}, {redacted(text).splitlines()[0][:150]}"
        if not self._free.acquire(blocking=False):
            return
        try:
            threading.Thread(target=self._send, args=(self.format_subject(subject), text), name="error-mail").start()
        except RuntimeError:  # no thread to be had, or the process is at its end
            self._free.release()

    def _send(self, subject: str, text: str) -> None:
        try:
            self.send_mail(subject, text, fail_silently=True)
        except Exception as error:  # noqa: BLE001 - logged as a warning: it must not become an error mail
            logging.getLogger(__name__).warning("An error mail could not be sent: %s", error)
        finally:
            self._free.release()
