"""What Slack sends, signed as Slack signs it."""

import hmac
import json
import time
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from apps.common.testing.local_slack import CHANNEL, SAM, SIGNING_SECRET
from apps.triage.messages.buttons import BLOCK, CALLBACK

INTERACTIONS, COMMANDS = "/api/slack/interactions/", "/api/slack/commands/"
FORM = "application/x-www-form-urlencoded"


def headers_for(body: str | bytes, *, secret: str = SIGNING_SECRET, age: int = 0) -> dict[str, str]:
    """Return the headers of a request that was signed `age` seconds ago."""
    timestamp = str(int(time.time()) - age)
    signed = f"v0:{timestamp}:".encode() + (body.encode() if isinstance(body, str) else body)
    signature = hmac.new(secret.encode(), signed, "sha256").hexdigest()
    return {"X-Slack-Request-Timestamp": timestamp, "X-Slack-Signature": f"v0={signature}"}


def send(path: str, fields: dict[str, str], *, client: Client | None = None) -> Any:
    """Send a signed form."""
    body = urlencode(fields)
    return (client or Client()).post(path, body, content_type=FORM, headers=headers_for(body))


def interact(payload: Any) -> Any:
    """Send a signed payload of an interaction."""
    return send(INTERACTIONS, {"payload": payload if isinstance(payload, str) else json.dumps(payload)})


def button(action: str, message_id: object = None, *, user: str = SAM, **more: Any) -> dict[str, Any]:
    """Return the payload of a pressed button."""
    pressed = {"type": "button", "action_id": action, "block_id": "b", "action_ts": "1.2", **more}
    if message_id is not None:
        pressed["value"] = str(message_id)
    return {
        "type": "block_actions",
        "user": {"id": user, "username": "sam", "team_id": "T1"},
        "channel": {"id": CHANNEL, "name": "triage"},
        "container": {"type": "message", "message_ts": "1.2", "channel_id": CHANNEL},
        "trigger_id": "1.abc",
        "response_url": "https://hooks.slack.com/actions/1",
        "actions": [pressed],
    }


def answer(action: str, message_id: object, reason: str | None, *, user: str = SAM) -> dict[str, Any]:
    """Return the payload of a modal that was sent."""
    about = {"message_id": str(message_id), "action": action, "channel": CHANNEL}
    return {
        "type": "view_submission",
        "user": {"id": user},
        "trigger_id": "1.abc",
        "view": {
            "callback_id": CALLBACK,
            "private_metadata": json.dumps(about),
            "state": {"values": {BLOCK: {BLOCK: {"type": "plain_text_input", "value": reason}}}},
        },
    }


def command(text: str, *, user: str = SAM, url: str = "https://hooks.slack.com/commands/1") -> dict[str, str]:
    """Return the fields of a slash command."""
    return {
        "command": "/stt", "text": text, "user_id": user, "channel_id": CHANNEL, "response_url": url,
        "trigger_id": "1.a",
    }  # fmt: skip
