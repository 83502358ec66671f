"""Short-lived handles that Slack gives out: triggers, response URLs and open modals. They end with the process."""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

TRIGGER_SECONDS = 3
RESPONSE_SECONDS, RESPONSE_USES = 30 * 60, 5


class Refused(Exception):
    """Slack's refusal: its error code and the sentences that explain it."""

    def __init__(self, error: str, messages: list[str] | None = None) -> None:
        super().__init__(error)
        self.error, self.messages = error, messages or []


@dataclass
class Trigger:
    """Lets the app open one modal for a user within seconds after the user acted."""

    user: str
    made_at: float
    used: bool = False


@dataclass
class ResponseUrl:
    """Where the app may answer an interaction: its channel and user, and the message it came from, if any."""

    channel: str
    user: str
    message_ts: str | None
    made_at: float
    uses: int = 0


@dataclass
class OpenView:
    """A modal that a user has open; `errors` are the app's answer to the last submission, by block id."""

    id: str
    user: str
    view: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)


class Handles:
    """All handles that were issued; safe to use from several threads."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._triggers: dict[str, Trigger] = {}
        self._responses: dict[str, ResponseUrl] = {}
        self._views: dict[str, OpenView] = {}

    def new_trigger(self, user: str) -> str:
        """Issue a trigger for a user who has just acted."""
        trigger_id = f"{uuid.uuid4().int % 10**12}.{uuid.uuid4().hex}"
        with self._lock:
            self._triggers[trigger_id] = Trigger(user, self._clock())
        return trigger_id

    def use_trigger(self, trigger_id: str) -> str:
        """Use up a trigger and return its user.

        Raises:
            Refused: It is unknown, too old or used before.
        """
        with self._lock:
            trigger = self._triggers.get(trigger_id)
            if trigger is None:
                raise Refused("invalid_trigger_id")
            if trigger.used:
                raise Refused("exchanged_trigger_id")
            if self._clock() - trigger.made_at > TRIGGER_SECONDS:
                raise Refused("expired_trigger_id")
            trigger.used = True
            return trigger.user

    def new_response(self, *, channel: str, user: str, message_ts: str | None) -> str:
        """Issue the id of a response URL."""
        response_id = uuid.uuid4().hex
        with self._lock:
            self._responses[response_id] = ResponseUrl(channel, user, message_ts, self._clock())
        return response_id

    def use_response(self, response_id: str) -> ResponseUrl:
        """Count one use of a response URL and return it.

        Raises:
            Refused: It is unknown or too old, or was used as often as it may be.
        """
        with self._lock:
            response = self._responses.get(response_id)
            if response is None or self._clock() - response.made_at > RESPONSE_SECONDS:
                raise Refused("expired_url")
            if response.uses >= RESPONSE_USES:
                raise Refused("used_url")
            response.uses += 1
            return response

    def open_view(self, user: str, view: dict[str, Any]) -> None:
        """Open a modal for a user; `view["id"]` names it."""
        with self._lock:
            self._views[view["id"]] = OpenView(view["id"], user, view)

    def view(self, view_id: str, user: str) -> OpenView | None:
        """Return an open modal of this user, or None."""
        with self._lock:
            found = self._views.get(view_id)
        return found if found and found.user == user else None

    def views(self, user: str) -> list[OpenView]:
        """Return the open modals of a user, oldest first."""
        with self._lock:
            return [view for view in self._views.values() if view.user == user]

    def close_view(self, view_id: str) -> None:
        """Close a modal; does nothing if it is closed."""
        with self._lock:
            self._views.pop(view_id, None)

    def close_views(self, user: str) -> None:
        """Close every modal of a user."""
        with self._lock:
            self._views = {key: view for key, view in self._views.items() if view.user != user}
