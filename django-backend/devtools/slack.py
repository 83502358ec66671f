"""A Slack of this machine for the local product, unless there is a token for the real one."""

import secrets
from collections.abc import MutableMapping
from pathlib import Path
from typing import Final

from devtools.data import ADMIN_EMAIL
from devtools.ports import free_port

CHANNEL: Final = "C0TRIAGE01"
_PORTS_ABOVE: Final = 50
_COMMAND: Final = (
    "python -m sandbox.slack --port {port} --database '{database}' --signing-secret {secret} --token {token} "
    "--app-url http://127.0.0.1:{app_port} --staff-email {email} --channel {channel}=triage"
)


def local_slack(*, app_port: int, state: Path, environment: MutableMapping[str, str]) -> str | None:
    """Return the command of a local Slack and point the product at it; None when a token says which Slack to use.

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
    return _COMMAND.format(
        port=port,
        database=state / "slack.sqlite3",
        secret=secret,
        token=token,
        app_port=app_port,
        email=ADMIN_EMAIL,
        channel=CHANNEL,
    )
