"""Slack, through its own SDK; its failures become one of four errors that say what to do next.

Refused: it was not done, and a retry may help. Unanswered: nobody knows whether it was done. Delayed: come back later.
Undeliverable: Slack will never accept this message.
"""

import logging
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from http.client import HTTPException
from typing import Any, Final
from urllib.error import URLError

from django.conf import settings
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.http_retry import HttpRequest, HttpResponse, RetryState
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler, RateLimitErrorRetryHandler
from slack_sdk.webhook import WebhookClient

from apps.common.log_context import outgoing_headers
from apps.notifications.errors import DeliveryDelayed, MessageUndeliverable, SlackRefused, SlackUnanswered

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS: Final = 10
LONGEST_WAIT_SECONDS: Final = 3
# A longer Retry-After is a mistake: a channel must not be silent for years.
LONGEST_RETRY_SECONDS: Final = 24 * 60 * 60
UNREACHABLE: Final = "unreachable"
# Slack's internal failures, after which the call may have taken effect.
_UNKNOWN_OUTCOMES: Final = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
# No retry makes these messages acceptable. Tokens and channels can be fixed, so errors about them are retried.
_HOPELESS: Final = frozenset(
    {
        "invalid_blocks", "invalid_blocks_format", "msg_too_long", "msg_blocks_too_long", "no_text",
        "invalid_arguments", "invalid_arg_name", "invalid_json", "json_not_object",
        "too_many_attachments", "metadata_too_large",
        "expired_trigger_id", "exchanged_trigger_id", "invalid_trigger_id", "trigger_expired", "trigger_exchanged",
    }
)  # fmt: skip


class _ShortRateLimitRetry(RateLimitErrorRetryHandler):
    """Waits in the worker for a short `Retry-After` only; after a long one the outbox retries the message."""

    def _can_retry(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        return (
            response is not None
            and response.status_code == HTTPStatus.TOO_MANY_REQUESTS
            and _retry_after({name: value[0] for name, value in response.headers.items()}) <= LONGEST_WAIT_SECONDS
        )


def message_post(
    *, channel: str, text: str, blocks: Sequence[Mapping[str, Any]], metadata: Mapping[str, Any] | None = None
) -> str:
    """Post a message and return its `ts`, Slack's name for it in the channel.

    Raises:
        DeliveryDelayed, MessageUndeliverable, SlackRefused, SlackUnanswered: see the top of this file.
    """
    answer = _call(
        "chat.postMessage",
        channel=channel,
        text=text,
        blocks=list(blocks),
        metadata=dict(metadata) if metadata else None,
        unfurl_links=False,
        unfurl_media=False,
    )
    return str(answer["ts"])


def message_update(*, channel: str, ts: str, text: str, blocks: Sequence[Mapping[str, Any]]) -> None:
    """Replace text and blocks of a message; errors are those of `message_post`."""
    _call("chat.update", channel=channel, ts=ts, text=text, blocks=list(blocks))


def ephemeral_post(*, channel: str, user: str, text: str) -> None:
    """Post a message that only one user sees; errors are those of `message_post`."""
    _call("chat.postEphemeral", channel=channel, user=user, text=text)


def view_open(*, trigger_id: str, view: Mapping[str, Any]) -> None:
    """Open a modal for whoever pressed a button less than three seconds ago; errors are those of `message_post`."""
    _call("views.open", trigger_id=trigger_id, view=dict(view))


def user_profile(*, user: str) -> Mapping[str, Any]:
    """Return what Slack knows of a user (`users.info`); errors are those of `message_post`."""
    found: Mapping[str, Any] = _call("users.info", user=user)["user"]
    return found


def own_team() -> str:
    """Return the id of the token's workspace (`auth.test`); errors are those of `message_post`."""
    return str(_call("auth.test").get("team_id", ""))


def command_answer(*, response_url: str, text: str, blocks: Sequence[Mapping[str, Any]] | None = None) -> None:
    """Answer a slash command, to its user only.

    Raises:
        MessageUndeliverable: Slack accepts no answer there, or the address is not one of Slack's.
        SlackUnanswered: no answer came.
    """
    if not response_url.startswith(settings.SLACK_RESPONSE_URL_PREFIXES):
        raise MessageUndeliverable("This is no address of Slack.")
    try:
        answer = WebhookClient(response_url, timeout=TIMEOUT_SECONDS, default_headers=outgoing_headers()).send(
            text=text, blocks=[dict(block) for block in blocks] if blocks else None, response_type="ephemeral"
        )
    except (OSError, HTTPException) as error:
        raise SlackUnanswered("Slack does not answer.") from error
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SlackUnanswered("Slack does not answer.")
    if answer.status_code != HTTPStatus.OK:
        raise MessageUndeliverable("Slack no longer takes an answer to this command.")


def _client() -> WebClient:
    return WebClient(
        token=settings.STT_NOTIFICATIONS_BOT_API_TOKEN,
        base_url=settings.SLACK_API_URL,
        timeout=TIMEOUT_SECONDS,
        headers=outgoing_headers(),
        # A connection that breaks while waiting for the answer is not retried here: the message may have been posted.
        # An address that cannot be reached at all is retried.
        retry_handlers=[
            ConnectionErrorRetryHandler(max_retry_count=1, error_types=[URLError]),
            _ShortRateLimitRetry(max_retry_count=1),
        ],
    )


def _call(method: str, **arguments: Any) -> Mapping[str, Any]:
    given = {name: value for name, value in arguments.items() if value is not None}
    try:
        answer = _client().api_call(method, json=given)
    except SlackApiError as error:
        raise _meaning(error) from error
    except URLError as error:  # before anything was sent
        raise SlackRefused(UNREACHABLE) from error
    except (OSError, HTTPException, SlackClientError) as error:
        raise SlackUnanswered("Slack does not answer.") from error
    return answer.data if isinstance(answer.data, dict) else {}


def _meaning(error: SlackApiError) -> Exception:
    response = error.response
    reason = str(response.get("error", ""))[:60]
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS or reason == "ratelimited":
        return DeliveryDelayed("Slack asks to wait.", retry_after_seconds=_retry_after(response.headers))
    if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or reason in _UNKNOWN_OUTCOMES:
        return SlackUnanswered("Slack has a failure of its own.")
    if not reason.replace("_", "").isalnum():  # a page instead of an answer
        return SlackUnanswered("Slack answers with something else than JSON.")
    if reason in _HOPELESS:
        details = response.get("response_metadata", {}).get("messages", [])
        logger.error("Slack takes no such message: %s %s", reason, details)
        return MessageUndeliverable(f"Slack takes no such message: {reason}.")
    return SlackRefused(reason)


def _retry_after(headers: Mapping[str, Any]) -> int:
    value = next((str(value) for name, value in headers.items() if name.lower() == "retry-after"), "")
    return min(int(value[:10]), LONGEST_RETRY_SECONDS) if value.isascii() and value.isdigit() else 1
