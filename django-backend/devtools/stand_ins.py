"""A local mailbox, Slack, Stripe and HubSpot for the local product, unless the environment names others."""

import secrets
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from devtools.data import ADMIN_EMAIL
from devtools.ports import free_port

_OTHER_WAYS: Final = ("EMAIL_URL", "DJANGO_MAILGUN_API_KEY", "MAILGUN_ACCESS_KEY")
_SMTP_PORT, _PAGE_PORT = 1025, 1080
CHANNEL: Final = "C0TRIAGE01"
_PORTS_ABOVE: Final = 50
_STRIPE_PORTS_ABOVE: Final = 70
_HUBSPOT_PORTS_ABOVE: Final = 80


def local_mail(*, state: Path, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local mail server and point the product at it; None if mail is sent elsewhere.

    It listens on 1025 and shows mails on 1080, or on free ports where those are taken. Its mails stay in `state`.
    """
    if any(environment.get(name) for name in _OTHER_WAYS):
        return None
    smtp, page = free_port(_SMTP_PORT), free_port(_PAGE_PORT)
    environment["EMAIL_URL"] = f"smtp://127.0.0.1:{smtp}"
    environment["LOCAL_MAIL_URL"] = f"http://127.0.0.1:{page}/"
    return f"python -m sandbox.mail --smtp-port {smtp} --page-port {page} --database '{state / 'mail.sqlite3'}'"


def local_slack(*, app_port: int, state: Path, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local Slack and point the product at it; None if there is a token for another one.

    It listens fifty ports above the product, or on a free port where that one is taken. Its messages stay in `state`.
    """
    if environment.get("STT_NOTIFICATIONS_BOT_API_TOKEN"):
        return None
    port = free_port(app_port + _PORTS_ABOVE)
    token, secret = f"xoxb-{secrets.token_hex(12)}", secrets.token_hex(16)
    environment.update(
        {
            "STT_NOTIFICATIONS_BOT_API_TOKEN": token,
            "STT_NOTIFICATIONS_CHANNEL_ID": CHANNEL,
            "SLACK_SIGNING_SECRET": secret,
            "SLACK_API_URL": f"http://127.0.0.1:{port}/api/",
            "LOCAL_SLACK_URL": f"http://127.0.0.1:{port}/",
        }
    )
    return (
        f"python -m sandbox.slack --port {port} --database '{state / 'slack.sqlite3'}' --signing-secret {secret} "
        f"--token {token} --app-url http://127.0.0.1:{app_port} --staff-email {ADMIN_EMAIL} --channel {CHANNEL}=triage"
    )


def local_stripe(*, app_port: int, state: Path, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local Stripe and point the product at it; None if there is a key for another one.

    It listens seventy ports above the product, or on a free port where that one is taken. Its books stay in `state`.
    """
    if environment.get("STRIPE_SECRET_KEY"):
        return None
    port = free_port(app_port + _STRIPE_PORTS_ABOVE)
    key, secret = f"sk_test_{secrets.token_hex(12)}", f"whsec_{secrets.token_hex(16)}"
    environment.update(
        {
            "STRIPE_SECRET_KEY": key,
            "STRIPE_WEBHOOK_SECRETS": secret,
            "STRIPE_API_BASE": f"http://127.0.0.1:{port}",
            "LOCAL_STRIPE_URL": f"http://127.0.0.1:{port}/",
        }
    )
    return (
        f"python -m sandbox.stripe --port {port} --database '{state / 'stripe.sqlite3'}' --key {key} "
        f"--webhook-url http://127.0.0.1:{app_port}/payment/webhook/ --webhook-secret {secret}"
    )


def local_hubspot(*, app_port: int, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local HubSpot and point the product at it; None if there is a token for another one.

    It listens eighty ports above the product, or on a free port where that one is taken. Its contacts end with it.
    """
    if environment.get("HUBSPOT_ACCESS_TOKEN"):
        return None
    port = free_port(app_port + _HUBSPOT_PORTS_ABOVE)
    token = f"pat-{secrets.token_hex(12)}"
    url = f"http://127.0.0.1:{port}"
    environment.update({"HUBSPOT_ACCESS_TOKEN": token, "HUBSPOT_API_BASE": url, "LOCAL_HUBSPOT_URL": f"{url}/"})
    return f"python -m sandbox.hubspot --port {port} --token {token}"
