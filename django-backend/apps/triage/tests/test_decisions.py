"""What becomes of a press of a button, also of two at once."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.threads import at_once
from apps.holders.testing.factories import TicketHolderFactory
from apps.listings.enums import ListingMove
from apps.listings.errors.listings import ListingMoveRefused
from apps.listings.models import Listing, ListingEvent
from apps.listings.testing.stories import held_row
from apps.notifications.models import OutboxMessage
from apps.notifications.services.slack import SlackMessage
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_end, season_ticket_verify
from apps.season_tickets.services.season_tickets import season_ticket_register
from apps.triage.enums import TriageAction
from apps.triage.models import SlackRequest, TriageMessage
from apps.triage.services import showing
from apps.triage.services.decisions import Decided, triage_decide
from apps.triage.services.requests import slack_request_handle
from apps.triage.services.showing import triage_refresh_one
from apps.triage.testing.slack_forms import button as press
from apps.triage.testing.slack_forms import interact
from apps.triage.testing.stories import (
    LATER,
    NASTY,
    NOW,
    block,
    buttons_of,
    deliver,
    elements_of,
    fresh,
    move,
    newest,
    pending,
    staff,
    words_of,
)
from apps.users.models import User


@pytest.fixture
def sam() -> User:
    return staff()


@pytest.fixture
def ann(db: None) -> User:
    """Another member of staff."""
    return staff(email="admin@example.com", first_name="Ann", last_name="Other")


def decide(message: TriageMessage, action: TriageAction, actor: User, reason: str = "") -> Decided:
    decided = triage_decide(
        message=fresh(message), action=action, act=act_of(actor, source=ChangeSource.SLACK, now=LATER, reason=reason)
    )
    deliver(LATER)
    return decided


def new_listings(*, count: int = 2) -> TriageMessage:
    of = block()
    for _ in range(count):
        pending(block=of)
    return newest()


def delistings(*, count: int = 1) -> TriageMessage:
    of = block()
    for _ in range(count):
        listing = move(pending(block=of), ListingMove.APPROVE)
        move(listing, ListingMove.REQUEST_DELISTING, actor=of.holder.user, reason="We go ourselves")
    deliver()
    return TriageMessage.objects.get(kind="delisting")


def registered(**fields: int) -> TriageMessage:
    of = block()
    season_ticket_register(
        holder=of.holder, team=of.team, season=of.season, section="101", row="A",
        **{"first_seat": 11, "last_seat": 14, **fields}, now=NOW,
    )  # fmt: skip
    return newest()


def statuses(message: TriageMessage) -> list[str]:
    return list(Listing.objects.filter(id__in=message.object_ids).values_list("status", flat=True))


@pytest.mark.django_db
class TestButtonsOfListings:
    @pytest.mark.parametrize(
        ("make", "action", "reason", "status", "said"),
        [
            (new_listings, TriageAction.APPROVE, "", "listed", "2 listings approved by Sam Staff · Slack"),
            (new_listings, TriageAction.DECLINE, "Too dear", "declined", "2 listings declined by Sam Staff · Slack"),
            (delistings, TriageAction.APPROVE_DELISTING, "", "delisted", "1 listing delisting approved by Sam Staff"),
            (delistings, TriageAction.DECLINE_DELISTING, "Sold soon", "listed", "1 listing kept on sale by Sam Staff"),
        ],
    )
    def test_move_everything_that_waits_with_the_history_of_slack(
        self, slack: LocalSlack, sam: User, make: object, action: TriageAction, reason: str, status: str, said: str
    ) -> None:
        """Advance 7: the same history row as the API and the admin write, with who, when, why, and where."""
        message: TriageMessage = make()  # type: ignore[operator]
        assert decide(message, action, sam, reason) == Decided(len(message.object_ids))
        assert set(statuses(message)) == {status}
        rows = ListingEvent.objects.filter(source=ChangeSource.SLACK)
        assert {(row.actor_id, row.note, row.at, row.to_status) for row in rows} == {(sam.id, reason, LATER, status)}
        assert rows.count() == len(message.object_ids)
        [shown] = [found for found in slack.messages() if found["ts"] == fresh(message).slack_message.ts]
        assert said in words_of(shown)
        assert (f"Reason: {reason}" in words_of(shown)) == bool(reason)
        assert buttons_of(shown) == []

    def test_pressed_again_say_who_was_first(self, slack: LocalSlack, sam: User, ann: User) -> None:
        message = new_listings()
        decide(message, TriageAction.APPROVE, sam)
        decided = decide(message, TriageAction.DECLINE, ann, "Too dear")
        assert decided == Decided(0, "Nothing was left to do. 2 already approved by Sam Staff at 2040-01-01 12:01 UTC.")
        assert set(statuses(message)) == {"listed"}

    def test_do_what_is_left_and_say_what_became_of_the_rest(self, slack: LocalSlack, sam: User, ann: User) -> None:
        message = new_listings(count=3)
        first = Listing.objects.get(id=message.object_ids[0])
        move(first, ListingMove.DECLINE, actor=ann, source=ChangeSource.ADMIN)
        decided = decide(message, TriageAction.APPROVE, sam)
        assert decided.moved == 2
        assert decided.answer == "2 of 3 done. 1 already declined by Ann Other at 2040-01-01 12:00 UTC."
        said = words_of(slack.messages()[0])
        assert "2 listings approved by Sam Staff · Slack" in said
        assert "1 listing declined by Ann Other · Admin" in said

    def test_correct_a_stale_message(self, slack: LocalSlack, sam: User) -> None:
        """The message was not refreshed: pressing the button changes nothing, and corrects the message at once."""
        message = new_listings()
        for listing in Listing.objects.all():
            move(listing, ListingMove.EXPIRE, source=ChangeSource.SYSTEM)
        OutboxMessage.objects.filter(topic="listing.moved:triage").update(delivered_at=NOW)
        decided = decide(message, TriageAction.APPROVE, sam)
        assert decided.moved == 0
        assert "2 already expired at 2040-01-01 12:00 UTC." in decided.answer
        assert buttons_of(slack.messages()[0]) == []

    def test_are_refused_while_a_buyer_holds_every_listing(self, slack: LocalSlack, sam: User) -> None:
        message = delistings(count=1)
        held_row(Listing.objects.get(id=message.object_ids[0]), "1")
        decided = decide(message, TriageAction.APPROVE_DELISTING, sam)
        assert decided.moved == 0
        assert decided.answer.startswith("Nothing was done. Cannot approve delisting: a seat is held for a buyer")

    def test_leave_what_a_buyer_is_about_to_pay_for(self, slack: LocalSlack, sam: User) -> None:
        message = delistings(count=2)
        held = Listing.objects.get(id=message.object_ids[1])
        held_row(held, "1")
        decided = decide(message, TriageAction.APPROVE_DELISTING, sam)
        assert decided.moved == 1
        assert decided.answer.startswith("1 of 2 done. ")
        assert "held for a buyer" in decided.answer
        assert sorted(statuses(message)) == ["delisted", "delisting_requested"]
        [shown] = [found for found in slack.messages() if found["ts"] == fresh(message).slack_message.ts]
        assert buttons_of(shown) == [
            "triage.approve_delisting", "triage.delist_when_released", "triage.decline_delisting",
        ]  # fmt: skip
        assert decide(message, TriageAction.DELIST_WHEN_RELEASED, sam).moved == 1
        assert sorted(statuses(message)) == ["delisted", "delisting"]

    @pytest.mark.parametrize("action", [TriageAction.DECLINE, TriageAction.DECLINE_DELISTING])
    def test_need_a_reason_where_the_holder_reads_one(self, slack: LocalSlack, sam: User, action: TriageAction) -> None:
        message = new_listings() if action is TriageAction.DECLINE else delistings()
        before = statuses(message)
        decided = decide(message, action, sam, "  ")
        assert decided.moved == 0
        assert "Say why" in decided.answer
        assert statuses(message) == before

    @pytest.mark.parametrize(
        ("make", "action"),
        [
            (new_listings, TriageAction.VERIFY),
            (new_listings, TriageAction.APPROVE_DELISTING),
            (delistings, TriageAction.APPROVE),
            (registered, TriageAction.APPROVE),
            (registered, TriageAction.DECLINE_DELISTING),
        ],
    )
    def test_of_another_kind_of_message_do_nothing(
        self, slack: LocalSlack, sam: User, make: object, action: TriageAction
    ) -> None:
        message: TriageMessage = make()  # type: ignore[operator]
        before = statuses(message)
        assert decide(message, action, sam, "x") == Decided(0, "This message has no such button.")
        assert statuses(message) == before
        assert not ListingEvent.objects.filter(source=ChangeSource.SLACK).exists()

    @pytest.mark.parametrize("action", TriageAction)
    @pytest.mark.parametrize("kind", ["sale", "void", "event", "dead", "digest"])
    def test_of_a_message_that_only_informs_do_nothing(
        self, slack: LocalSlack, sam: User, action: TriageAction, kind: str
    ) -> None:
        message = new_listings(count=1)
        TriageMessage.objects.update(kind=kind)
        assert decide(message, action, sam, "x") == Decided(0, "This message has no such button.")
        assert statuses(message) == ["pending"]


@pytest.mark.django_db
class TestButtonsOfSeasonTickets:
    def test_verify(self, slack: LocalSlack, sam: User) -> None:
        message = registered()
        assert decide(message, TriageAction.VERIFY, sam) == Decided(1)
        ticket = SeasonTicket.objects.get(id=message.object_ids[0])
        assert (ticket.status, ticket.decided_by, ticket.decided_at) == ("verified", sam, LATER)
        assert ":white_check_mark: Verified by Sam Staff" in words_of(slack.messages()[0])

    def test_reject_with_a_reason(self, slack: LocalSlack, sam: User) -> None:
        message = registered()
        assert decide(message, TriageAction.REJECT, sam, f"No proof {NASTY}") == Decided(1)
        ticket = SeasonTicket.objects.get(id=message.object_ids[0])
        assert (ticket.status, ticket.rejection_reason) == ("rejected", f"No proof {NASTY}")
        assert "Reason: No proof &lt;!channel&gt;" in words_of(slack.messages()[0])

    def test_reject_without_a_reason_does_nothing(self, slack: LocalSlack, sam: User) -> None:
        message = registered()
        assert "Say why" in decide(message, TriageAction.REJECT, sam, " ").answer
        assert SeasonTicket.objects.get(id=message.object_ids[0]).status == "pending"

    def test_pressed_again_say_who_was_first(self, slack: LocalSlack, sam: User, ann: User) -> None:
        message = registered()
        season_ticket_verify(season_ticket_id=message.object_ids[0], act=act_of(sam, now=NOW))
        decided = decide(message, TriageAction.REJECT, ann, "No proof")
        assert decided == Decided(0, "Already verified by Sam Staff at 2040-01-01 12:00 UTC.")
        assert buttons_of(slack.messages()[0]) == []

    def test_say_that_it_has_ended(self, slack: LocalSlack, sam: User) -> None:
        message = registered()
        season_ticket_verify(season_ticket_id=message.object_ids[0], act=act_of(sam, now=NOW))
        season_ticket_end(season_ticket_id=message.object_ids[0], act=act_of(sam, now=NOW, reason="Moved"))
        assert decide(message, TriageAction.VERIFY, sam).answer == "Already ended by Sam Staff at 2040-01-01 12:00 UTC."
        assert "Reason: Moved" in words_of(slack.messages()[0])

    def test_refuse_seats_that_another_verified_one_has(self, slack: LocalSlack, sam: User) -> None:
        theirs = block(first_seat=13, last_seat=16)
        mine = season_ticket_register(
            holder=TicketHolderFactory(), team=theirs.team, season=theirs.season, section="101", row="A",
            first_seat=11, last_seat=14, now=NOW,
        )  # fmt: skip
        message = newest()
        decided = decide(message, TriageAction.VERIFY, sam)
        assert decided.moved == 0
        assert "13" in decided.answer
        mine.refresh_from_db()
        assert mine.status == SeasonTicketStatus.PENDING
        assert buttons_of(slack.messages()[0]) == ["triage.verify", "triage.reject"]

    def test_verify_what_may_be_the_same_seats_once_they_were_compared(self, slack: LocalSlack, sam: User) -> None:
        """Pressing a button of a message that does not name every twin yet only adds the missing ones."""
        message = registered()
        mine = SeasonTicket.objects.get(id=message.object_ids[0])
        theirs = season_ticket_register(
            holder=TicketHolderFactory(), team=mine.team, season=mine.season, section="Sec 101", row="A.",
            first_seat=11, last_seat=11, now=NOW,
        )  # fmt: skip
        decided = decide(message, TriageAction.VERIFY, sam)
        assert (decided.moved, "compare them" in decided.answer) == (0, True)
        mine.refresh_from_db()
        assert mine.status == SeasonTicketStatus.PENDING
        [verify] = [found for found in elements_of(slack.messages()[0]) if found["action_id"] == "triage.verify"]
        assert verify["value"].split() == [str(message.id), str(theirs.id)]
        interact(press("triage.verify", verify["value"]))
        request = SlackRequest.objects.get()
        assert slack_request_handle(request_id=request.id, now=LATER) == "Verify: 1"
        mine.refresh_from_db()
        assert (mine.status, mine.decided_by) == ("verified", sam)


def pressed(message: TriageMessage, action: TriageAction, actor: User) -> Callable[[], Decided]:
    return lambda: triage_decide(
        message=fresh(message),
        action=action,
        act=act_of(actor, source=ChangeSource.SLACK, now=LATER, reason="Too dear"),
    )


@pytest.mark.django_db(transaction=True)
class TestTwoWhoDecide:
    def test_move_each_listing_once_and_one_learns_who_was_first(self, slack: LocalSlack) -> None:
        of, sam, ann = block(), staff(), staff(email="admin@example.com", first_name="Ann", last_name="Other")
        for _ in range(4):
            pending(block=of)
        message = newest()
        results = at_once(pressed(message, TriageAction.APPROVE, sam), pressed(message, TriageAction.DECLINE, ann))
        assert all(isinstance(result, Decided) for result in results), results
        assert sorted(result.moved for result in results) == [0, 4]
        [late] = [result for result in results if not result.moved]
        words = {"listed": "approved by Sam Staff", "declined": "declined by Ann Other"}
        [status] = set(Listing.objects.values_list("status", flat=True))
        assert f"4 already {words[status]} at" in late.answer
        assert ListingEvent.objects.filter(source=ChangeSource.SLACK).count() == 4

    def test_one_in_slack_and_one_in_the_api_move_it_once(self, slack: LocalSlack) -> None:
        of, sam = block(), staff()
        listing = pending(block=of)
        message = newest()
        results = at_once(
            pressed(message, TriageAction.APPROVE, sam),
            lambda: move(listing, ListingMove.DECLINE, actor=sam, now=LATER, reason="Too dear"),
        )
        kinds = Counter(type(result) for result in results)
        if kinds[ListingMoveRefused]:
            assert results[0] == Decided(1)
        else:
            assert "1 already declined by Sam Staff" in results[0].answer
        assert ListingEvent.objects.filter(from_status="pending").count() == 1


@pytest.mark.django_db(transaction=True)
class TestTwoWhoRefresh:
    """One reads that the second listing waits; before it writes, the listing is approved and another one writes."""

    def race(self, monkeypatch: pytest.MonkeyPatch) -> SlackMessage:
        of, sam = block(), staff()
        first, second = pending(block=of), pending(block=of)
        message = newest()
        move(first, ListingMove.APPROVE, actor=sam)
        read, go_on = threading.Event(), threading.Event()
        real = showing.triage_words

        def slow_words(*given: object, **more: object) -> object:
            words = real(*given, **more)  # type: ignore[arg-type]
            if threading.current_thread().name == "slow":
                read.set()
                go_on.wait(20)
            return words

        def refresh() -> None:
            try:
                triage_refresh_one(message=fresh(message), now=LATER)
            finally:
                connection.close()

        monkeypatch.setattr(showing, "triage_words", slow_words)
        slow, quick = (threading.Thread(target=refresh, name=name) for name in ("slow", "quick"))
        slow.start()
        assert read.wait(20)
        move(second, ListingMove.APPROVE, actor=sam)
        quick.start()
        quick.join(1)  # it gets here only if nothing makes it wait
        go_on.set()
        slow.join(20)
        quick.join(20)
        return fresh(message).slack_message

    def test_leave_the_newest_words(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Advance 7: messages end up like the database, whoever writes last."""
        assert "(decided)" in self.race(monkeypatch).text

    def test_would_leave_old_words_without_the_lock(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin."""
        monkeypatch.setattr(showing, "slack_message_locked", lambda found: SlackMessage.objects.get(id=found))
        assert "(1 waiting)" in self.race(monkeypatch).text
