"""The slash command and the daily digest: what waits for staff."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from apps.common.testing.local_slack import GUEST, SAM, LocalSlack
from apps.listings.enums import ListingMove
from apps.notifications.errors import MessageUndeliverable, SlackUnanswered
from apps.season_tickets.models import SeasonTicket
from apps.triage import tasks
from apps.triage.enums import RequestKind
from apps.triage.models import TriageMessage
from apps.triage.services.commands import USAGE, command_handle
from apps.triage.services.digest import overdue_raise
from apps.triage.services.requests import slack_request_handle, slack_request_receive
from apps.triage.testing.stories import NASTY, NOW, block, buttons_of, deliver, move, pending, staff, words_of

pytestmark = pytest.mark.django_db


def typed(slack: LocalSlack, text: str, user: str = SAM) -> str:
    """Type a command; return everything that its user reads, blocks in full."""
    command_handle(slack_user=user, text=text, response_url=slack.response_url(user))
    return str(slack.calls("response_url")[-1]["parameters"])


@pytest.fixture
def _sam(slack: LocalSlack) -> None:
    staff("view_listing", "view_seasonticket")  # whoever may view may ask


@pytest.mark.usefixtures("_sam")
class TestPending:
    def test_lists_what_waits_the_longest_first(self, slack: LocalSlack) -> None:
        of, other = block(status="verified"), block(holder__user__email="bob@example.com")
        pending(block=of), pending(block=of)
        listing = move(pending(block=other), ListingMove.APPROVE)
        move(listing, ListingMove.REQUEST_DELISTING)
        block(status="pending")
        said = typed(slack, "pending")
        assert "Waiting for a decision" in said
        assert "• *2 new listings* · Ann Fan · Eagles · since" in said
        assert "• *1 delisting request* · Ann Fan" in said
        assert "• *1 season ticket* · Ann Fan" in said
        assert said.index("1 season ticket") < said.index("2 new listings")

    def test_says_that_nothing_waits(self, slack: LocalSlack) -> None:
        assert "Nothing waits for a decision." in typed(slack, " pending ")

    def test_is_seen_only_by_who_asked(self, slack: LocalSlack) -> None:
        typed(slack, "pending")
        assert slack.messages() == []
        assert slack.whispers(SAM) == ["Waiting for a decision"]


@pytest.mark.usefixtures("_sam")
class TestHolder:
    @pytest.mark.parametrize(
        "address",
        ["ann@example.com", "Ann@Example.COM", "<mailto:ann@example.com|ann@example.com>", "mailto:ann@example.com"],
    )
    def test_lists_what_waits_of_one_holder(self, slack: LocalSlack, address: str) -> None:
        pending(block=block(holder__user__email="ann@example.com"))
        pending(block=block(holder__user__email="bob@example.com"))
        said = typed(slack, f"holder {address}")
        assert "Waiting for a decision: Ann Fan" in said
        assert said.count("1 new listing*") == 1

    def test_says_that_there_is_none(self, slack: LocalSlack) -> None:
        assert "There is no holder with this address." in typed(slack, "holder nobody@example.com")

    def test_treats_names_as_plain_text(self, slack: LocalSlack) -> None:
        of = block(holder__user__email="ann@example.com")
        of.holder.user.first_name = NASTY
        of.holder.user.save()
        pending(block=of)
        typed(slack, "holder ann@example.com")
        assert "&lt;!channel&gt;" in slack.whispers(SAM)[0]
        assert "<!channel>" not in slack.whispers(SAM)[0]


@pytest.mark.usefixtures("_sam")
@pytest.mark.parametrize("text", ["", "help", "holder", "holder a b", "pending now", "PENDING"])
def test_anything_else_is_answered_with_the_usage(slack: LocalSlack, text: str) -> None:
    assert USAGE in typed(slack, text)


class TestRights:
    @pytest.mark.parametrize("rights", [("view_listing",), ("view_seasonticket",), ("change_listing",)])
    def test_to_see_both_are_needed(self, slack: LocalSlack, rights: tuple[str, ...]) -> None:
        staff(*rights)
        pending(block=block())
        said = typed(slack, "pending")
        assert "may not do this" in said
        assert "Ann Fan" not in said

    def test_of_strangers_are_refused(self, slack: LocalSlack) -> None:
        pending(block=block())
        said = typed(slack, "pending", GUEST)
        assert "no staff account" in said
        assert "Ann Fan" not in said


@pytest.mark.usefixtures("_sam")
class TestFaults:
    def received(self, url: str) -> object:
        payload = {"text": "pending", "response_url": url, "channel": "C1"}
        kind = RequestKind.COMMAND
        request = slack_request_receive(signature="v0=1", kind=kind, slack_user=SAM, payload=payload, now=NOW)
        assert request is not None
        return request.id

    def test_are_tried_again(self, slack: LocalSlack) -> None:
        request_id = self.received(slack.response_url(SAM))
        slack.fault("error_500", method="response_url", times=1)
        with pytest.raises(SlackUnanswered):
            slack_request_handle(request_id=request_id, now=NOW)  # type: ignore[arg-type]

    def test_of_another_address_send_nothing_there(self, slack: LocalSlack) -> None:
        request_id = self.received("http://127.0.0.1:9/steal")
        outcome = slack_request_handle(request_id=request_id, now=NOW)  # type: ignore[arg-type]
        assert outcome == "This is no address of Slack."

    def test_of_an_old_address_are_noted(self, slack: LocalSlack) -> None:
        with pytest.raises(MessageUndeliverable):
            command_handle(slack_user=SAM, text="pending", response_url=f"{slack.url}/respond/unknown")


HOURS = 24
DUE = NOW + timedelta(hours=HOURS, seconds=1)


@pytest.fixture
def _hours(settings: Settings) -> None:
    settings.TRIAGE_SLA_HOURS = HOURS


@pytest.mark.usefixtures("_hours")
class TestOverdueRaise:
    def test_lists_what_has_waited_too_long_once_a_day(self, slack: LocalSlack) -> None:
        of = block()
        pending(block=of)
        SeasonTicket.objects.filter(id=block(status="pending").id).update(submitted_at=NOW)
        deliver()
        assert overdue_raise(now=NOW + timedelta(hours=HOURS)) is None
        first = overdue_raise(now=DUE)
        assert first is not None
        assert overdue_raise(now=DUE + timedelta(hours=1)) is None
        deliver(DUE)
        shown = slack.messages()[-1]
        assert "2 decisions overdue" in words_of(shown)
        assert "• *1 new listing* · Ann Fan · Eagles · since" in words_of(shown)
        assert "• *1 season ticket* · Ann Fan · Eagles" in words_of(shown)
        assert "more than 24 hours" in words_of(shown)
        assert buttons_of(shown) == []

    def test_lists_it_again_the_next_day_while_it_waits(self, slack: LocalSlack) -> None:
        listing = pending(block=block())
        overdue_raise(now=DUE)
        assert overdue_raise(now=DUE + timedelta(days=1)) is not None
        move(listing, ListingMove.APPROVE)
        assert overdue_raise(now=DUE + timedelta(days=2)) is None
        assert TriageMessage.objects.filter(kind="digest").count() == 2

    def test_counts_only_what_is_overdue(self, slack: LocalSlack) -> None:
        """Of a holder with an old listing and new ones, the new ones are not overdue."""
        of = block()
        pending(block=of)
        for _ in range(3):
            pending(block=of, now=DUE - timedelta(hours=1))
        overdue_raise(now=DUE)
        deliver(DUE + timedelta(minutes=2))
        [digest] = [found for found in slack.messages() if "overdue" in found["text"]]
        assert digest["text"] == "1 decision overdue"
        assert "• *1 new listing* ·" in words_of(digest)

    def test_counts_a_delisting_from_the_request_on(self, slack: LocalSlack) -> None:
        listing = move(pending(block=block()), ListingMove.APPROVE)
        move(listing, ListingMove.REQUEST_DELISTING, now=NOW + timedelta(hours=5))
        assert overdue_raise(now=DUE) is None
        assert overdue_raise(now=DUE + timedelta(hours=5)) is not None

    def test_follows_the_setting(self, slack: LocalSlack, settings: Settings) -> None:
        settings.TRIAGE_SLA_HOURS = 2
        pending(block=block())
        assert overdue_raise(now=NOW + timedelta(hours=2)) is None
        assert overdue_raise(now=NOW + timedelta(hours=2, seconds=1)) is not None

    def test_says_nothing_when_nothing_waits(self) -> None:
        assert tasks.raise_overdue() is False
        assert not TriageMessage.objects.exists()
