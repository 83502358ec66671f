"""A mailbox of this machine for the local product, unless the environment says where mail goes."""

from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from devtools.ports import free_port

_OTHER_WAYS: Final = ("EMAIL_URL", "DJANGO_MAILGUN_API_KEY", "MAILGUN_ACCESS_KEY")
_SMTP_PORT, _PAGE_PORT = 1025, 1080


def local_mail(*, state: Path, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local mail server and point the product at it; None when mail goes another way.

    It listens on 1025 and shows mails on 1080, or on free ports where those are taken. Its mails stay in `state`.
    """
    if any(environment.get(name) for name in _OTHER_WAYS):
        return None
    smtp, page = free_port(_SMTP_PORT), free_port(_PAGE_PORT)
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    environment["LOCAL_MAIL_URL"] = f"http://127.0.0.1:{page}/"
    return f"python -m sandbox.mail --smtp-port {smtp} --page-port {page} --database '{state / 'mail.sqlite3'}'"
