"""Stores what Slack sends and handles it once, in a worker, even if processes crash."""

import json
import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.acts import Act, ChangeSource
from apps.common.database import violated_constraint
from apps.common.errors import DomainError
from apps.common.jobs import enqueue_on_commit
from apps.common.slack_blocks import escaped
from apps.notifications.api import MessageUndeliverable, SlackRefused, ephemeral_post, view_open
from apps.triage.enums import ACTIONS_WITH_REASON, RequestKind, TriageAction
from apps.triage.errors import StaffUnknown
from apps.triage.locks import LEASE, slack_request_claimed
from apps.triage.messages.buttons import reason_modal
from apps.triage.models import SlackRequest
from apps.triage.selectors import message_by_id
from apps.triage.services.commands import command_handle
from apps.triage.services.decisions import model_of, triage_decide
from apps.triage.services.people import staff_of
from apps.triage.services.showing import triage_refresh_one

logger = logging.getLogger(__name__)
HANDLE_TASK: Final = "triage.handle_request"
MAX_ATTEMPTS: Final = 10
MAX_OUTCOME: Final = 300
RETENTION: Final = timedelta(days=30)
_EXPIRED: Final = "The question took too long to appear in Slack. Please press the button again."


@transaction.atomic
def slack_request_receive(
    *, signature: str, kind: RequestKind, slack_user: str, payload: dict[str, Any], now: datetime
) -> SlackRequest | None:
    """Store a request with a valid signature and have a worker handle it after the commit.

    `payload` is what handling it needs. Return None when the same request came before.
    """
    row = SlackRequest(signature=signature, kind=kind, slack_user=slack_user, payload=payload, received_at=now)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        if violated_constraint(error) != "triage_slackrequest_signature_key":
            raise
        return None
    enqueue_on_commit(HANDLE_TASK, request_id=str(row.id))
    return row


def slack_requests_waiting(*, now: datetime) -> list[UUID]:
    """Return the requests that a worker should have handled by now, oldest first; for the sweep."""
    late = SlackRequest.objects.filter(handled_at__isnull=True, received_at__lte=now - LEASE / 2)
    return list(late.order_by("received_at").values_list("id", flat=True)[:100])


def slack_request_handle(*, request_id: UUID, now: datetime) -> str:
    """Handle a request unless it is claimed or handled already; return the result.

    Decisions are moves of the transition tables, so one that is repeated after a crash changes nothing. A request that
    cannot be answered because of Slack is retried by the sweep.

    Raises:
        DomainError: Slack does not answer now; the request stays.
    """
    request = slack_request_claimed(request_id=request_id, now=now)
    if request is None:
        return ""
    try:
        outcome = _outcome(request, now)
    except Exception as error:
        if request.attempts < MAX_ATTEMPTS:
            raise
        logger.exception("Slack request %s is given up", request.id)
        outcome = "given up: Slack does not answer" if isinstance(error, DomainError) else "given up: see the log"
    # What was sent and by whom stays for a month; the keys for answering are useless by then.
    kept = {key: value for key, value in request.payload.items() if key not in {"trigger_id", "response_url"}}
    SlackRequest.objects.filter(id=request.id).update(handled_at=now, outcome=outcome[:MAX_OUTCOME], payload=kept)
    return outcome


def slack_requests_purge(*, now: datetime) -> int:
    """Delete requests that were handled before the retention; return how many."""
    return SlackRequest.objects.filter(handled_at__lte=now - RETENTION).delete()[0]


def _outcome(request: SlackRequest, now: datetime) -> str:
    if request.attempts > MAX_ATTEMPTS:
        return "given up: every attempt ended silently"
    try:
        return _HANDLERS[RequestKind(request.kind)](request, now)
    except StaffUnknown as error:
        return _say(request, str(error))
    except MessageUndeliverable as error:
        return str(error)


def _press(request: SlackRequest, now: datetime) -> str:
    """Apply a button or an answered question; ask for the reason if it is missing."""
    action, reason = TriageAction(request.payload["action"]), request.payload.get("reason")
    message = message_by_id(request.payload["message_id"])
    if message is None:
        return _say(request, "This message is no longer known here.")
    actor = staff_of(slack_user=request.slack_user, model=model_of(action))
    if reason or action not in ACTIONS_WITH_REASON:
        twins = [UUID(twin) for twin in request.payload.get("confirmed_twins", ())]
        act = Act(actor.id, ChangeSource.SLACK, now, reason or "")
        decided = triage_decide(message=message, action=action, act=act, confirmed_twins=twins)
        return _say(request, decided.answer) if decided.answer else f"{action.label}: {decided.moved}"
    with transaction.atomic():
        triage_refresh_one(message=message, now=now)
    private = json.dumps({"message_id": str(message.id), "action": action.value, "channel": request.payload["channel"]})
    try:
        view_open(
            trigger_id=request.payload["trigger_id"],
            view=reason_modal(action=action, title=message.slack_message.text, private_metadata=private),
        )
    except MessageUndeliverable:
        return _say(request, _EXPIRED)
    return f"{action.label}: asked for the reason"


def _command(request: SlackRequest, now: datetime) -> str:  # noqa: ARG001 - as the others
    return command_handle(
        slack_user=request.slack_user, text=request.payload["text"], response_url=request.payload["response_url"]
    )


_HANDLERS: Final = {RequestKind.BUTTON: _press, RequestKind.REASON: _press, RequestKind.COMMAND: _command}


def _say(request: SlackRequest, sentence: str) -> str:
    """Answer the user who pressed, and nobody else; the sentence may contain names, so it is escaped."""
    try:
        ephemeral_post(channel=request.payload["channel"], user=request.slack_user, text=escaped(sentence))
    except (MessageUndeliverable, SlackRefused):  # no longer in the channel, for example
        logger.warning("Slack request %s could not be answered", request.id)
    return sentence
