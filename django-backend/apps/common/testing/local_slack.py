"""The local Slack as tests see it: what came in, what it shows, and what is to go wrong."""

from typing import Any, Final

# ruff: noqa: SLF001 - nothing secret here, and the local Slack shows its insides to tests alone

CHANNEL: Final = "C0TRIAGE01"
TOKEN: Final = "xoxb-suite"
SIGNING_SECRET: Final = "signing-secret-of-the-suite"
# People of the workspace: id and address. The guest has no account in the product, the last two can do nothing.
ADMIN, ADMIN_EMAIL = "U01ADMIN", "admin@example.com"
SAM, SAM_EMAIL = "U02STAFF", "sam@example.com"
GUEST, GUEST_EMAIL = "U03GUEST", "gus@example.com"
GONE, GONE_EMAIL = "U04GONE", "dana@example.com"
ROBOT = "U05ROBOT"


class LocalSlack:
    """A running local Slack; `sandbox` is its application, given by the fixture, which alone may import it."""

    def __init__(self, sandbox: Any, url: str) -> None:
        self._sandbox = sandbox
        self.url = url

    def reset(self) -> None:
        """Forget faults, calls, messages and open modals."""
        self._sandbox._faults.clear()
        for channel in self._sandbox.store.channels():
            for message in self._sandbox.store.messages(channel["id"]):
                self._sandbox.store.delete(channel["id"], message.ts)
        self._sandbox.store.forget_calls()
        for user in self._sandbox.options.users:
            self._sandbox._handles.close_views(user)

    def messages(self, channel: str = CHANNEL) -> list[dict[str, Any]]:
        """Return what everybody sees in a channel, oldest first."""
        return [found.to_slack() for found in self._sandbox.store.messages(channel) if not found.ephemeral_for]

    def whispers(self, user: str, channel: str = CHANNEL) -> list[str]:
        """Return the texts that only this user sees, oldest first."""
        return [found.text for found in self._sandbox.store.messages(channel) if found.ephemeral_for == user]

    def delete(self, ts: str, channel: str = CHANNEL) -> None:
        self._sandbox.store.delete(channel, ts)

    def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the calls of a method, of all without one, in the order of their arrival."""
        return list(self._sandbox.store.calls(method))

    def fault(self, kind: str, *, method: str = "*", times: int | None = 1, **more: float) -> None:
        """Let the next `times` calls of a method go wrong; all further ones with None."""
        self._sandbox.add_fault({"kind": kind, "method": method, "times": times, **more})

    def mend(self) -> None:
        self._sandbox._faults.clear()

    def trigger(self, user: str) -> str:
        """Return the right to open one modal for a user who has just pressed."""
        return str(self._sandbox._handles.new_trigger(user))

    def response_url(self, user: str, channel: str = CHANNEL) -> str:
        """Return where a slash command of the user is answered."""
        handle = self._sandbox._handles.new_response(channel=channel, user=user, message_ts=None)
        return f"{self.url}/respond/{handle}"

    def views(self, user: str) -> list[dict[str, Any]]:
        """Return the modals that a user has open."""
        return [opened.view for opened in self._sandbox._handles.views(user)]
