"""What people do in the page, sent to the app as Slack sends it: signed, with three seconds to answer."""

import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from slack_sdk.signature import SignatureVerifier
from werkzeug.exceptions import BadRequest

from sandbox.slack.blocks import pressable
from sandbox.slack.forms import filled
from sandbox.slack.handles import Handles, OpenView, Refused
from sandbox.slack.limits import check_view
from sandbox.slack.options import APP_ID, TEAM_DOMAIN, TEAM_ID, Options, User
from sandbox.slack.store import Store
from sandbox.slack.web_api import complete_view, content

ANSWER_SECONDS = 3.0
NO_ANSWER = "The app did not respond"
_OK = 200
_VERIFICATION_TOKEN = "sandbox"  # noqa: S105 - the long deprecated field, kept because payloads still have it


@dataclass(frozen=True)
class Answer:
    """What the app answered in time; `status` is None if it did not."""

    status: int | None
    body: str = ""
    content_type: str = ""

    @property
    def responded(self) -> bool:
        """Whether Slack would accept the answer."""
        return self.status == _OK

    def told(self, **more: object) -> dict[str, Any]:
        """Return the answer for the page and for tests; `notice` is what the acting person reads."""
        notice = "" if self.responded else NO_ANSWER
        return {"status": self.status, "body": self.body, "responded": self.responded, "notice": notice} | more

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object, an empty one if it is not one."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Interactions:
    """What people in the workspace do. `public_url` is where the app reaches this server."""

    def __init__(self, options: Options, store: Store, handles: Handles, public_url: str) -> None:
        self._options, self._store, self._handles = options, store, handles
        self._public_url = public_url
        self._verifier = SignatureVerifier(options.signing_secret)

    def press(
        self, *, user: str, channel: str, ts: str, action_id: str, block_id: str | None = None, value: str | None = None
    ) -> dict[str, Any]:
        """Press a button, or choose an option of a menu, of a message.

        Of several buttons with this action id the one of that block or value is meant. For the only one, `value`
        replaces what it carries, as a forger might.

        Raises:
            BadRequest: There is no such message, user or button, or it is not clear which.
        """
        person, message = self._person(user), self._store.message(channel, ts)
        if message is None or message.ephemeral_for not in {None, user}:
            raise BadRequest("This user sees no such message.")
        found = pressable(message.blocks, action_id, block_id)
        if len(found) > 1:
            found = [(block, element) for block, element in found if element.get("value") == value]
        if len(found) != 1:
            many = len(found) or "no"
            raise BadRequest(f"The message has {many} such buttons: give action_id and block_id, or value.")
        block, element = found[0]
        action = _action(element, block["block_id"], value)
        trigger_id = self._handles.new_trigger(user)
        response_url = self._response_url(channel=channel, user=user, message_ts=ts)
        payload = self._payload("block_actions", person) | {
            "container": {
                "type": "message",
                "message_ts": ts,
                "channel_id": channel,
                "is_ephemeral": message.ephemeral_for is not None,
            },
            "trigger_id": trigger_id,
            "channel": {"id": channel, "name": self._store.channel(channel)},
            "message": message.to_slack(),
            "state": {"values": {}},
            "response_url": response_url,
            "actions": [action],
        }
        answer = self._send_payload(payload)
        return answer.told(trigger_id=trigger_id, response_url=response_url)

    def submit(self, *, user: str, view_id: str, values: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """Submit a modal; the answer may be errors by block id, which keep it open.

        Raises:
            BadRequest: The user has no such modal open.
        """
        person, opened = self._person(user), self._view(user, view_id)
        state, errors = filled(opened.view["blocks"], values)
        if errors:
            opened.errors = errors
            return {"status": None, "body": "", "responded": False, "notice": "", "errors": errors}
        opened.view["state"] = {"values": state}
        answer = self._send_payload(self._view_payload("view_submission", person, opened))
        if not answer.responded:
            return answer.told(errors={})
        errors = self._after_submit(opened, answer.json())
        self._store.touch()
        return answer.told(errors=errors)

    def _after_submit(self, opened: OpenView, said: dict[str, Any]) -> dict[str, str]:
        """Do what the app said to do with the modal and return its errors."""
        action = said.get("response_action")
        if action == "errors":
            opened.errors = {str(block): str(text) for block, text in (said.get("errors") or {}).items()}
            return opened.errors
        if action == "update" and not check_view(said.get("view")):
            opened.view = complete_view(said["view"]) | {"id": opened.id, "root_view_id": opened.id}
            opened.errors = {}
        elif action == "clear":
            self._handles.close_views(opened.user)
        else:
            self._handles.close_view(opened.id)
        return {}

    def close(self, *, user: str, view_id: str) -> dict[str, Any]:
        """Close a modal without submitting; the app is notified only if the modal asks for that.

        Raises:
            BadRequest: The user has no such modal open.
        """
        person, opened = self._person(user), self._view(user, view_id)
        self._handles.close_view(view_id)
        self._store.touch()
        if not opened.view["notify_on_close"]:
            return Answer(_OK).told(sent=False)
        payload = self._view_payload("view_closed", person, opened) | {"is_cleared": False}
        return self._send_payload(payload).told(sent=True)

    def command(self, *, user: str, channel: str, text: str) -> dict[str, Any]:
        """Type a slash command, such as "/stt pending"; what the app answers becomes a message.

        Raises:
            BadRequest: It is no command, or there is no such user.
        """
        person = self._person(user)
        command, _, words = text.strip().partition(" ")
        if not command.startswith("/") or len(command) == 1:
            raise BadRequest("Only commands can be typed here: /stt pending")
        fields = {
            "token": _VERIFICATION_TOKEN,
            "team_id": TEAM_ID,
            "team_domain": TEAM_DOMAIN,
            "channel_id": channel,
            "channel_name": self._store.channel(channel),
            "user_id": person.id,
            "user_name": person.name,
            "command": command,
            "text": words.strip(),
            "api_app_id": APP_ID,
            "is_enterprise_install": "false",
            "response_url": self._response_url(channel=channel, user=user, message_ts=None),
            "trigger_id": self._handles.new_trigger(user),
        }
        answer = self._send("/api/slack/commands/", fields)
        if not answer.responded or not answer.body.strip():
            return answer.told()
        try:
            self._show(answer, channel, user)
        except Refused as refused:
            return answer.told(notice=f"The app's answer cannot be shown: {refused.error} {refused.messages}")
        return answer.told()

    def _show(self, answer: Answer, channel: str, user: str) -> None:
        is_json = answer.content_type.startswith("application/json")
        said = answer.json() if is_json else {"text": answer.body}
        text, blocks = content(said)
        audience = None if said.get("response_type") == "in_channel" else user
        self._store.post(channel, text=text, blocks=blocks, ephemeral_for=audience)

    def respond(self, response_id: str, said: dict[str, Any]) -> None:
        """Carry out what the app sent to a response URL.

        Raises:
            Refused: The URL is unknown, too old or used up, or the content is beyond the limits.
        """
        response = self._handles.use_response(response_id)
        original = self._store.message(response.channel, response.message_ts) if response.message_ts else None
        if said.get("delete_original"):
            if original is not None:
                self._store.delete(original.channel, original.ts)
            return
        text, blocks = content(said)
        if said.get("replace_original") and original is not None:
            self._store.edit(original, text=text, blocks=blocks, metadata=said.get("metadata"))
            return
        audience = None if said.get("response_type") == "in_channel" else response.user
        self._store.post(response.channel, text=text, blocks=blocks, ephemeral_for=audience)

    def views(self, user: str) -> list[dict[str, Any]]:
        """Return the open modals of a user, each with the errors of its last submission."""
        return [opened.view | {"errors": opened.errors} for opened in self._handles.views(user)]

    def _person(self, user: str) -> User:
        person = self._options.users.get(user)
        if person is None or not person.may_act:
            raise BadRequest("There is no such person.")
        return person

    def _view(self, user: str, view_id: str) -> OpenView:
        opened = self._handles.view(view_id, user)
        if opened is None:
            raise BadRequest("This user has no such modal open.")
        return opened

    def _response_url(self, *, channel: str, user: str, message_ts: str | None) -> str:
        return f"{self._public_url}/respond/" + self._handles.new_response(
            channel=channel, user=user, message_ts=message_ts
        )

    def _payload(self, kind: str, person: User) -> dict[str, Any]:
        return {
            "type": kind,
            "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": TEAM_ID},
            "api_app_id": APP_ID,
            "token": _VERIFICATION_TOKEN,
            "team": {"id": TEAM_ID, "domain": TEAM_DOMAIN},
            "enterprise": None,
            "is_enterprise_install": False,
        }

    def _view_payload(self, kind: str, person: User, opened: OpenView) -> dict[str, Any]:
        trigger = {"trigger_id": self._handles.new_trigger(person.id)} if kind == "view_submission" else {}
        return self._payload(kind, person) | trigger | {"view": opened.view, "response_urls": []}

    def _send_payload(self, payload: dict[str, Any]) -> Answer:
        return self._send("/api/slack/interactions/", {"payload": json.dumps(payload)})

    def _send(self, path: str, fields: dict[str, str]) -> Answer:
        """Send a signed form to the app; no redirect is followed, and a late answer is none."""
        body, timestamp = urlencode(fields), str(int(time.time()))
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": self._verifier.generate_signature(timestamp=timestamp, body=body) or "",
        }
        target = urlsplit(self._options.app_url)
        kind = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
        connection = kind(target.hostname or "", target.port, timeout=ANSWER_SECONDS)
        started = time.monotonic()
        try:
            connection.request("POST", target.path + path, body, headers)
            response = connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            return Answer(None)
        finally:
            connection.close()
        if time.monotonic() - started > ANSWER_SECONDS:
            return Answer(None)
        return Answer(response.status, text, response.headers.get("Content-Type", ""))


def _action(element: dict[str, Any], block_id: str, value: str | None) -> dict[str, Any]:
    """Return the entry of `actions` for an element that was pressed or chosen from."""
    action: dict[str, Any] = {
        key: element[key] for key in ("type", "action_id", "text", "style", "confirm") if key in element
    }
    action |= {"block_id": block_id, "action_ts": f"{time.time():.6f}"}
    if element["type"] == "static_select":
        chosen = next((option for option in element["options"] if option["value"] == value), None)
        if chosen is None:
            raise BadRequest("The menu has no such option.")
        return action | {"selected_option": chosen}
    sent = element.get("value") if value is None else value
    return action if sent is None else action | {"value": sent}
