"""The page and the JSON that keeps it up to date."""

from hashlib import blake2s
from pathlib import Path
from typing import Any

from sandbox.slack.handles import OpenView
from sandbox.slack.mrkdwn import Scene
from sandbox.slack.options import Options
from sandbox.slack.rendering import message_html, view_html
from sandbox.slack.store import Store

NEWEST = 200
_TEMPLATE = Path(__file__).parent / "templates" / "index.html"


def page_html() -> str:
    """Return the empty page; its script fills it."""
    return _TEMPLATE.read_text(encoding="utf-8")


def state(
    options: Options,
    store: Store,
    views: list[OpenView],
    faults: list[dict[str, Any]],
    scene: Scene,
    known: tuple[str | None, str, str],
) -> dict[str, Any]:
    """Return what a user sees of a channel, or only the revision if the page knows it already.

    `known` is (the revision the page shows, the acting user, the channel or "": that of the newest message).
    Each message and modal has a version, so that the page replaces only what changed.
    """
    seen, user, channel = known
    revision = store.revision  # read first: a change in between is shown now and fetched once more
    if seen == revision:
        return {"revision": revision, "same": True}
    channels = store.channels()
    if not channel and channels:
        channel = max(channels, key=lambda one: one["last_ts"])["id"]
    visible = [message for message in store.messages(channel, newest=NEWEST) if message.ephemeral_for in {None, user}]
    return {
        "revision": revision,
        "channel": channel,
        "channels": channels,
        "users": [{"id": one.id, "name": one.real_name} for one in options.users.values() if one.may_act],
        "messages": [{"ts": one.ts} | _versioned(message_html(one, scene)) for one in visible],
        "views": [{"id": one.id} | _versioned(view_html(one, scene)) for one in views],
        "faults": faults,
    }


def _versioned(html: str) -> dict[str, str]:
    return {"version": blake2s(html.encode(), digest_size=8).hexdigest(), "html": html}
