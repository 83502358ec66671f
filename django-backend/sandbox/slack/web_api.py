"""The Web API methods: parameters in, Slack's answer out."""

import json
import re
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.slack.blocks import with_ids
from sandbox.slack.handles import Handles, Refused
from sandbox.slack.limits import BLOCKS_TEXT, MESSAGE_TEXT, blocks_length, check_blocks, check_view
from sandbox.slack.options import APP_ID, BOT_ID, BOT_USER_ID, TEAM_DOMAIN, TEAM_ID, Options
from sandbox.slack.store import Message, Store

Params = dict[str, Any]
_MISSING_CHANNEL = "C0NOTFOUND"
_CHANNEL = re.compile(r"C[A-Z0-9]{1,31}")
_LOOK = "icon_emoji icon_url username link_names parse"
_MOST_HISTORY = 999


def invalid(*sentences: str) -> Refused:
    """Return the refusal of arguments, in sentences as Slack writes them."""
    return Refused("invalid_arguments", [f"[ERROR] {sentence}" for sentence in sentences])


def content(params: Params) -> tuple[str, list[dict[str, Any]]]:
    """Return text and blocks of a message to be written.

    Raises:
        Refused: There is neither, or something is beyond the limits.
    """
    text, blocks = str(params.get("text") or ""), params.get("blocks") or []
    if problems := check_blocks(blocks):
        raise Refused("invalid_blocks", problems)
    if blocks_length(blocks) > BLOCKS_TEXT:
        raise Refused("msg_blocks_too_long")
    if not text and not blocks:
        raise Refused("no_text")
    if len(text) > MESSAGE_TEXT:
        raise Refused("msg_too_long")
    return text, with_ids(blocks)


class WebApi:
    """The methods by name."""

    def __init__(self, options: Options, store: Store, handles: Handles) -> None:
        self._options, self._store, self._handles = options, store, handles
        # Each with its required parameters, then the optional ones that Slack documents and slack_sdk sends.
        self._methods: dict[str, tuple[Callable[[Params], Params], str, str]] = {
            "auth.test": (self._auth_test, "", ""),
            "chat.postMessage": (
                self._post_message,
                "channel",
                "text blocks metadata thread_ts reply_broadcast unfurl_links unfurl_media mrkdwn as_user container_id "
                + _LOOK,
            ),
            "chat.update": (
                self._update,
                "channel ts",
                "text blocks metadata as_user link_names parse reply_broadcast",
            ),
            "chat.postEphemeral": (self._post_ephemeral, "channel user", f"text blocks thread_ts as_user {_LOOK}"),
            "chat.delete": (self._delete, "channel ts", "as_user"),
            "views.open": (self._open_view, "trigger_id view", ""),
            "users.info": (self._user_info, "user", "include_locale"),
            "conversations.history": (
                self._history,
                "channel",
                "cursor inclusive include_all_metadata latest limit oldest",
            ),
        }

    def call(self, method: str, params: Params) -> Params:
        """Carry out a method and return its answer.

        Raises:
            Refused: Slack would answer `ok: false`.
        """
        if method not in self._methods:
            raise Refused("unknown_method")
        carry_out, *names = self._methods[method]
        required, optional = (set(text.split()) for text in names)
        missing = sorted(name for name in required if params.get(name) in (None, ""))
        unknown = sorted(params.keys() - required - optional)
        if missing or unknown:
            raise invalid(
                *(f"missing required field: {name}" for name in missing),
                *(f"unknown parameter: {name}" for name in unknown),
            )
        return {"ok": True} | carry_out(_decoded(params))

    def _channel(self, params: Params) -> str:
        channel = str(params["channel"])
        if channel == _MISSING_CHANNEL or not _CHANNEL.fullmatch(channel):
            raise Refused("channel_not_found")
        self._store.channel(channel)
        return channel

    def _message(self, params: Params) -> Message:
        """Return the message meant; one that only one user sees can be neither changed nor deleted this way."""
        message = self._store.message(self._channel(params), str(params["ts"]))
        if message is None or message.ephemeral_for:
            raise Refused("message_not_found")
        return message

    def _auth_test(self, params: Params) -> Params:
        return {
            "url": f"https://{TEAM_DOMAIN}.slack.com/",
            "team": "Sandbox",
            "user": self._options.users[BOT_USER_ID].name,
            "team_id": TEAM_ID,
            "user_id": BOT_USER_ID,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _post_message(self, params: Params) -> Params:
        channel = self._channel(params)
        text, blocks = content(params)
        metadata, thread_ts = params.get("metadata"), params.get("thread_ts")
        message = self._store.post(
            channel, text=text, blocks=blocks, metadata=_metadata(metadata), thread_ts=thread_ts and str(thread_ts)
        )
        return {"channel": channel, "ts": message.ts, "message": message.to_slack()}

    def _update(self, params: Params) -> Params:
        message = self._message(params)
        text, blocks = content(params)
        if not self._store.edit(message, text=text, blocks=blocks, metadata=_metadata(params.get("metadata"))):
            raise Refused("message_not_found")
        changed = self._store.message(message.channel, message.ts)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "text": text,
            "message": changed.to_slack() if changed else {},
        }

    def _post_ephemeral(self, params: Params) -> Params:
        channel, user = self._channel(params), self._options.users.get(str(params["user"]))
        if user is None or not user.may_act:
            raise Refused("user_not_in_channel")
        text, blocks = content(params)
        message = self._store.post(
            channel, text=text, blocks=blocks, thread_ts=params.get("thread_ts"), ephemeral_for=user.id
        )
        return {"message_ts": message.ts}

    def _delete(self, params: Params) -> Params:
        message = self._message(params)
        self._store.delete(message.channel, message.ts)
        return {"channel": message.channel, "ts": message.ts}

    def _open_view(self, params: Params) -> Params:
        if problems := check_view(params["view"]):
            raise Refused("invalid_arguments", problems)
        user = self._handles.use_trigger(str(params["trigger_id"]))
        view = complete_view(params["view"])
        self._handles.open_view(user, view)
        self._store.touch()
        return {"view": view}

    def _user_info(self, params: Params) -> Params:
        user = self._options.users.get(str(params["user"]))
        if user is None:
            raise Refused("user_not_found")
        profile = {"real_name": user.real_name, "display_name": user.name, "team": TEAM_ID}
        if user.email:
            profile["email"] = user.email
        return {
            "user": {
                "id": user.id,
                "team_id": TEAM_ID,
                "name": user.name,
                "real_name": user.real_name,
                "deleted": user.deleted,
                "is_bot": user.is_bot,
                "tz": "America/New_York",
                "profile": profile,
            }
        }

    def _history(self, params: Params) -> Params:
        channel = self._channel(params)
        limit = int(params.get("limit") or 100)
        if not 1 <= limit <= _MOST_HISTORY:
            raise Refused("invalid_limit")
        oldest, latest = str(params.get("oldest") or ""), str(params.get("cursor") or params.get("latest") or "")
        edges = {oldest, latest} if params.get("inclusive") and not params.get("cursor") else set()
        found = [
            message
            for message in reversed(self._store.messages(channel))
            if not message.ephemeral_for
            and (not message.thread_ts or message.thread_ts == message.ts)
            and ((oldest < message.ts and (not latest or message.ts < latest)) or message.ts in edges)
        ]
        page, more = found[:limit], len(found) > limit
        with_metadata = bool(params.get("include_all_metadata"))
        answer: Params = {
            "messages": [message.to_slack(with_metadata=with_metadata) for message in page],
            "has_more": more,
        }
        if more:
            answer["response_metadata"] = {"next_cursor": page[-1].ts}
        return answer


def complete_view(view: dict[str, Any]) -> dict[str, Any]:
    """Return a modal as Slack keeps it: with its ids and an empty state."""
    view_id = f"V{uuid.uuid4().hex[:10].upper()}"
    defaults = {"private_metadata": "", "callback_id": "", "clear_on_close": False, "notify_on_close": False}
    return {
        **defaults,
        **view,
        "id": view_id,
        "team_id": TEAM_ID,
        "app_id": APP_ID,
        "bot_id": BOT_ID,
        "blocks": with_ids(view["blocks"]),
        "state": {"values": {}},
        "hash": uuid.uuid4().hex,
        "root_view_id": view_id,
        "previous_view_id": None,
    }


def _decoded(params: Params) -> Params:
    """Return parameters with structures and flags decoded: in forms they come as text.

    Raises:
        Refused: A structure is no JSON, a flag neither true nor false.
    """
    decoded = dict(params)
    for name in {"blocks", "view", "metadata"} & decoded.keys():
        if isinstance(decoded[name], str):
            try:
                decoded[name] = json.loads(decoded[name] or "null")
            except ValueError:
                raise Refused("invalid_blocks_format" if name == "blocks" else "invalid_json") from None
    for name in {"inclusive", "include_all_metadata"} & decoded.keys():
        decoded[name] = decoded[name] in {True, "1", "true"}
    if "limit" in decoded and not str(decoded["limit"]).isdecimal():
        raise invalid("limit must be a whole number")
    return decoded


def _metadata(found: Any) -> dict[str, Any] | None:
    """Return message metadata.

    Raises:
        Refused: It lacks the type or the payload of the event.
    """
    if found is None:
        return None
    if found == {}:
        return {}
    if not isinstance(found, dict) or not isinstance(found.get("event_type"), str):
        raise Refused("invalid_metadata_format")
    if not isinstance(found.get("event_payload"), dict):
        raise Refused("invalid_metadata_format")
    return found
