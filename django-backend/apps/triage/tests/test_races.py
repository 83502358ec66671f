"""Two who decide at once, and two who bring one message up to date, in real transactions."""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import connection

from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.threads import at_once
from apps.listings.enums import ListingMove
from apps.listings.errors.changes import ListingMoveRefused
from apps.listings.models import Listing, ListingEvent
from apps.notifications.services.slack import SlackMessage
from apps.triage.enums import TriageAction
from apps.triage.models import TriageMessage
from apps.triage.services import showing
from apps.triage.services.decisions import Decided, triage_decide
from apps.triage.services.showing import triage_refresh_one
from apps.triage.testing.stories import LATER, block, fresh, move, pending, staff, told
from apps.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def press(message: TriageMessage, action: TriageAction, actor: User) -> Callable[[], Decided]:
    return lambda: triage_decide(
        message=fresh(message),
        action=action,
        act=act_of(actor, source=ChangeSource.SLACK, now=LATER, reason="Too dear"),
    )


class TestTwoWhoDecide:
    def test_move_each_listing_once_and_one_is_told_who_was_first(self, slack: LocalSlack) -> None:
        of, sam, ann = block(), staff(), staff(email="admin@example.com", first_name="Ann", last_name="Other")
        for _ in range(4):
            pending(block=of)
        message = told()
        results = at_once(press(message, TriageAction.APPROVE, sam), press(message, TriageAction.DECLINE, ann))
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
        message = told()
        results = at_once(
            press(message, TriageAction.APPROVE, sam),
            lambda: move(listing, ListingMove.DECLINE, actor=sam, now=LATER, reason="Too dear"),
        )
        kinds = Counter(type(result) for result in results)
        if kinds[ListingMoveRefused]:
            assert results[0] == Decided(1)
        else:
            assert "1 already declined by Sam Staff" in results[0].answer
        assert ListingEvent.objects.filter(from_status="pending").count() == 1


class TestTwoWhoRefresh:
    """One reads that the second listing waits; before it writes so, the listing is approved and another one writes."""

    def race(self, monkeypatch: pytest.MonkeyPatch) -> SlackMessage:
        of, sam = block(), staff()
        first, second = pending(block=of), pending(block=of)
        message = told()
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
        quick.join(1)  # it ends here only if nothing makes it wait
        go_on.set()
        slow.join(20)
        quick.join(20)
        return fresh(message).slack_message

    def test_leave_the_newest_words(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Advance 7: messages end up as the database is, whoever writes last."""
        assert "(decided)" in self.race(monkeypatch).text

    def test_would_leave_old_words_without_the_lock(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin."""
        monkeypatch.setattr(showing, "slack_message_locked", lambda found: SlackMessage.objects.get(id=found))
        assert "(1 waiting)" in self.race(monkeypatch).text
