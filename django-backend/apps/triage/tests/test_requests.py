"""What came from Slack is handled once, whatever dies meanwhile, and given up at last."""

import json
from datetime import timedelta
from typing import Any
from unittest.mock import Mock, patch

import pytest
from django.db import IntegrityError

from apps.common.errors import DomainError
from apps.common.testing.local_slack import CHANNEL, SAM, LocalSlack
from apps.common.testing.threads import at_once
from apps.listings.enums import ListingMove
from apps.listings.models import Listing, ListingEvent
from apps.notifications.errors import SlackRefused, SlackUnanswered
from apps.triage import locks, tasks
from apps.triage.enums import RequestKind
from apps.triage.locks import LEASE
from apps.triage.models import SlackRequest, TriageMessage
from apps.triage.services import requests as service
from apps.triage.services.requests import (
    MAX_ATTEMPTS,
    RETENTION,
    slack_request_handle,
    slack_request_receive,
    slack_requests_purge,
    slack_requests_waiting,
)
from apps.triage.testing.stories import (
    LATER,
    NASTY,
    NOW,
    block,
    buttons_of,
    deliver,
    move,
    newest,
    pending,
    staff,
    words_of,
)
from apps.triage.tests.test_decisions import new_listings, registered

pytestmark = pytest.mark.django_db
ID = "0190b8a0-0000-7000-8000-000000000001"
NEW: dict[str, Any] = {"signature": "v0=1", "kind": RequestKind.BUTTON, "slack_user": SAM, "payload": {}}


def received(
    message: TriageMessage | None, action: str, *, kind: RequestKind = RequestKind.BUTTON, user: str = SAM, **more: Any
) -> SlackRequest:
    payload = {"action": action, "message_id": str(message.id) if message else ID, "channel": CHANNEL, **more}
    signature = f"v0={SlackRequest.objects.count()}"
    row = slack_request_receive(signature=signature, kind=kind, slack_user=user, payload=payload, now=LATER)
    assert row is not None
    return row


def handle(request: SlackRequest, *, now: Any = LATER) -> str:
    return slack_request_handle(request_id=request.id, now=now)


class TestReceive:
    def test_keeps_the_very_same_request_once(self) -> None:
        assert slack_request_receive(**NEW, now=NOW) is not None
        assert slack_request_receive(**NEW, now=NOW) is None
        assert SlackRequest.objects.count() == 1

    def test_does_not_hide_another_failure(self) -> None:
        with pytest.raises(IntegrityError):
            slack_request_receive(**NEW, now=None)  # type: ignore[arg-type]

    def test_has_a_worker_handle_it_after_the_commit(self, django_capture_on_commit_callbacks: Any) -> None:
        with patch("apps.common.jobs._send") as sent:
            with django_capture_on_commit_callbacks(execute=True):
                request = received(None, "triage.approve")
            [(task, arguments), _] = sent.call_args
        assert (task.name, arguments) == ("triage.handle_request", {"request_id": str(request.id)})


class TestHandle:
    def test_does_what_the_button_says_and_forgets_the_keys(self, slack: LocalSlack) -> None:
        staff()
        message = new_listings()
        request = received(message, "triage.approve", trigger_id="1.2", response_url="https://hooks.slack.com/1")
        assert handle(request) == "Approve: 2"
        request.refresh_from_db()
        assert (request.handled_at, request.outcome, request.attempts) == (LATER, "Approve: 2", 1)
        assert request.payload == {"action": "triage.approve", "message_id": str(message.id), "channel": CHANNEL}
        assert slack.whispers(SAM) == []  # the message says it

    def test_is_done_once(self, slack: LocalSlack) -> None:
        staff()
        request = received(new_listings(), "triage.approve")
        handle(request)
        assert handle(request) == handle(request, now=LATER + LEASE) == ""
        assert ListingEvent.objects.filter(source="slack").count() == 2

    def test_says_who_was_first_and_corrects_the_message(self, slack: LocalSlack) -> None:
        """Advance 7: "already approved by …", for nobody else to see; names in it do nothing."""
        staff()
        of = block()
        listing = pending(block=of)
        message = newest()
        nasty = staff(email="x@example.com", first_name=NASTY, last_name="")
        move(listing, ListingMove.APPROVE, actor=nasty)
        answer = handle(received(message, "triage.approve"))
        assert answer.startswith(f"Nothing was left to do. 1 already approved by {NASTY} at 2040")
        [said] = slack.whispers(SAM)
        assert "1 already approved by &lt;!channel&gt; " in said
        assert "<" not in said
        deliver(LATER)
        assert buttons_of(slack.messages()[0]) == []

    def test_of_a_message_that_is_not_known_says_so(self, slack: LocalSlack) -> None:
        staff()
        for kind in (RequestKind.BUTTON, RequestKind.REASON):
            assert "no longer known here" in handle(received(None, "triage.decline", kind=kind, reason="x"))
        assert len(slack.whispers(SAM)) == 2

    def test_of_a_message_that_only_informs_says_so(self, slack: LocalSlack) -> None:
        staff()
        message = new_listings()
        TriageMessage.objects.update(kind="sale")
        assert "no such button" in handle(received(message, "triage.approve"))


class TestReasons:
    @pytest.mark.parametrize(
        ("make", "action", "title"),
        [(new_listings, "triage.decline", "Decline listings"), (registered, "triage.reject", "Reject season ticket")],
    )
    def test_are_asked_for_before_anything_happens(self, slack: LocalSlack, make: Any, action: str, title: str) -> None:
        staff()
        message = make()
        outcome = handle(received(message, action, trigger_id=slack.trigger(SAM)))
        assert outcome.endswith("asked for the reason")
        [view] = slack.views(SAM)
        assert view["title"]["text"] == title
        about = {"message_id": str(message.id), "action": action, "channel": CHANNEL}
        assert json.loads(view["private_metadata"]) == about
        assert message.slack_message.text in str(view["blocks"][0])
        assert not ListingEvent.objects.filter(source="slack").exists()

        given = handle(received(message, action, kind=RequestKind.REASON, reason="Too dear"))
        assert given in {"Decline: 2", "Reject: 1"}
        deliver(LATER)
        assert "Reason: Too dear" in words_of(slack.messages()[0])

    def test_cannot_be_asked_for_too_late(self, slack: LocalSlack) -> None:
        staff()
        request = received(new_listings(), "triage.decline", trigger_id="1.2")
        assert "press the button again" in handle(request)
        assert "press the button again" in slack.whispers(SAM)[0]
        assert slack.views(SAM) == []

    def test_cannot_be_asked_for_when_slack_was_down_meanwhile(self, slack: LocalSlack) -> None:
        staff()
        trigger = slack.trigger(SAM)
        request = received(new_listings(), "triage.decline", trigger_id=trigger)
        slack.fault("lose_answer", method="views.open")  # it may have been opened
        with pytest.raises(SlackUnanswered):
            handle(request)
        assert "press the button again" in handle(request, now=LATER + LEASE)


class TestFaults:
    def test_leave_the_request_to_the_sweep(self, slack: LocalSlack) -> None:
        staff()
        request = received(new_listings(), "triage.approve")
        slack.fault("rate_limited", method="users.info", retry_after=30)
        with pytest.raises(DomainError):
            handle(request)
        assert handle(request) == ""  # claimed by the attempt that failed
        assert handle(request, now=LATER + LEASE - timedelta(seconds=1)) == ""
        assert slack_requests_waiting(now=LATER + LEASE) == [request.id]
        assert handle(request, now=LATER + LEASE) == "Approve: 2"
        assert slack_requests_waiting(now=LATER + LEASE) == []

    def test_between_the_decision_and_the_mark_do_it_once(self, slack: LocalSlack) -> None:
        """The worker was killed after the decision: the next one finds it made, and says by whom."""
        staff()
        message = new_listings()
        request = received(message, "triage.approve")
        with patch.object(service, "_outcome", side_effect=killed), pytest.raises(SystemExit):
            handle(request)
        request.refresh_from_db()
        assert (request.handled_at, request.attempts) == (None, 1)
        outcome = handle(request, now=LATER + LEASE)
        assert outcome.startswith("Nothing was left to do. 2 already approved by Sam Staff")
        assert ListingEvent.objects.filter(source="slack").count() == 2

    def test_of_the_answer_do_not_undo_the_decision(self, slack: LocalSlack) -> None:
        """The user has left the channel: what was done is recorded, and not tried again."""
        staff()
        of = block()
        first, _ = pending(block=of), pending(block=of)
        message = newest()
        move(first, ListingMove.DECLINE)
        request = received(message, "triage.approve")
        with patch.object(service, "ephemeral_post", side_effect=SlackRefused("user_not_in_channel")):
            outcome = handle(request)
        assert outcome.startswith("1 of 2 done.")
        assert Listing.objects.filter(status="listed").count() == 1
        request.refresh_from_db()
        assert request.handled_at == LATER

    @pytest.mark.parametrize(
        ("error", "outcome"),
        [
            (SlackUnanswered("x"), "given up: Slack does not answer"),
            (RuntimeError("a bug"), "given up: see the log"),
        ],
    )
    def test_end_after_the_last_attempt(self, slack: LocalSlack, error: Exception, outcome: str) -> None:
        staff()
        request = received(new_listings(), "triage.approve")
        now = LATER
        with patch.dict(service._HANDLERS, {RequestKind.BUTTON: Mock(side_effect=error)}):
            for _ in range(MAX_ATTEMPTS - 1):
                with pytest.raises(type(error)):
                    handle(request, now=now)
                now += LEASE
            assert handle(request, now=now) == outcome
        request.refresh_from_db()
        assert (request.handled_at, request.attempts, request.outcome) == (now, MAX_ATTEMPTS, outcome)

    def test_end_even_when_nobody_can_be_notified(self, slack: LocalSlack) -> None:
        """A refusal that Slack does not accept is a failure like any other, and ends."""
        request = received(None, "triage.approve")
        SlackRequest.objects.update(attempts=MAX_ATTEMPTS - 1)
        slack.fault("error_500", method="chat.postEphemeral", times=None)
        assert handle(request) == "given up: Slack does not answer"

    def test_that_kill_the_worker_each_time_end(self, slack: LocalSlack) -> None:
        staff()
        request = received(new_listings(), "triage.approve")
        SlackRequest.objects.update(attempts=MAX_ATTEMPTS)
        assert handle(request) == "given up: every attempt ended silently"
        assert not ListingEvent.objects.filter(source="slack").exists()


def killed(request: SlackRequest, now: Any) -> str:
    """Do the work and end the process."""
    service._HANDLERS[RequestKind(request.kind)](request, now)
    raise SystemExit


class TestSweep:
    def test_finds_what_a_worker_should_have_handled_by_now(self) -> None:
        old = received(None, "triage.approve")
        assert slack_requests_waiting(now=LATER + LEASE / 2 - timedelta(seconds=1)) == []
        assert slack_requests_waiting(now=LATER + LEASE / 2) == [old.id]

    def test_sends_each_to_a_worker(self) -> None:
        request = received(None, "triage.approve")
        SlackRequest.objects.update(received_at="2026-01-01T00:00:00Z")
        with patch.object(tasks.handle_request, "delay") as sent:
            assert tasks.handle_requests() == 1
        sent.assert_called_once_with(request_id=str(request.id))

    def test_survives_what_waits_for_the_next_one(self, slack: LocalSlack) -> None:
        slack.fault("error_500", times=None)
        request = received(new_listings(), "triage.approve")
        assert tasks.handle_request(str(request.id)) == ""
        slack.mend()
        assert slack.calls("users.info")

    def test_purges_what_was_handled_a_month_ago_and_nothing_else(self) -> None:
        old, young, waiting = (received(None, "triage.approve") for _ in range(3))
        SlackRequest.objects.filter(id=old.id).update(handled_at=NOW)
        SlackRequest.objects.filter(id=young.id).update(handled_at=NOW + timedelta(seconds=1))
        assert slack_requests_purge(now=NOW + RETENTION) == 1
        assert set(SlackRequest.objects.values_list("id", flat=True)) == {young.id, waiting.id}


@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    def test_handle_a_request_once(self, slack: LocalSlack) -> None:
        """The task after the commit and the sweep at the same moment: one decides, the other has nothing to do."""
        staff()
        request = received(new_listings(), "triage.approve")
        results = at_once(*[lambda: handle(request) for _ in range(4)])
        assert sorted(map(str, results)) == ["", "", "", "Approve: 2"]
        assert slack.whispers(SAM) == []

    def test_that_come_in_twice_in_one_millisecond_are_one(self, slack: LocalSlack) -> None:
        """Two web processes get the same request: its signature is stored once."""
        results = at_once(*[lambda: slack_request_receive(**NEW, now=NOW)] * 4)
        assert [type(result) for result in results if result is not None] == [SlackRequest]
        assert SlackRequest.objects.count() == 1

    def test_of_one_person_in_one_millisecond_decide_once(self, slack: LocalSlack) -> None:
        """A double click: one request decides, the other one learns that it was decided, and nothing breaks."""
        staff()
        message = new_listings()
        presses = [received(message, "triage.approve") for _ in range(2)]
        outcomes = sorted(map(str, at_once(*[lambda press=press: handle(press) for press in presses])))
        assert outcomes[0] == "Approve: 2"
        assert outcomes[1].startswith("Nothing was left to do. 2 already approved by Sam Staff at ")
        assert ListingEvent.objects.filter(source="slack").count() == 2

    def test_would_handle_it_twice_without_the_claim(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the second one tells the user that somebody was first, who was the same user."""
        monkeypatch.setattr(
            service, "slack_request_claimed", lambda request_id, now: SlackRequest.objects.get(id=request_id)
        )
        staff()
        request = received(new_listings(), "triage.approve")
        results = sorted(map(str, at_once(*[lambda: handle(request) for _ in range(2)])))
        assert results[0] == "Approve: 2"
        assert "already approved by Sam Staff" in results[1]


def test_claim_of_a_request_ends_with_its_lease() -> None:
    request = received(None, "triage.approve")
    assert locks.slack_request_claimed(request_id=request.id, now=NOW) is not None
    assert locks.slack_request_claimed(request_id=request.id, now=NOW + LEASE / 2) is None
    again = locks.slack_request_claimed(request_id=request.id, now=NOW + LEASE)
    assert again is not None
    assert again.attempts == 2
