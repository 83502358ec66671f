"""Once a day: what has waited too long."""

from datetime import timedelta

import pytest
from pytest_django import Settings

from apps.common.testing.local_slack import LocalSlack
from apps.listings.enums import ListingMove
from apps.listings.models import SeasonTicket
from apps.triage import tasks
from apps.triage.models import TriageMessage
from apps.triage.services.digest import overdue_raise
from apps.triage.testing.stories import NOW, block, buttons_of, move, pending, tell, words_of

pytestmark = pytest.mark.django_db
HOURS = 24
DUE = NOW + timedelta(hours=HOURS, seconds=1)


@pytest.fixture(autouse=True)
def _hours(settings: Settings) -> None:
    settings.TRIAGE_SLA_HOURS = HOURS


class TestOverdueRaise:
    def test_tells_what_has_waited_too_long_once_a_day(self, slack: LocalSlack) -> None:
        of = block()
        pending(block=of)
        SeasonTicket.objects.filter(id=block(status="pending").id).update(submitted_at=NOW)
        tell()
        assert overdue_raise(now=NOW + timedelta(hours=HOURS)) is None
        first = overdue_raise(now=DUE)
        assert first is not None
        assert overdue_raise(now=DUE + timedelta(hours=1)) is None
        tell(DUE)
        shown = slack.messages()[-1]
        assert "2 decisions overdue" in words_of(shown)
        assert "• *1 new listing* · Ann Fan · Eagles · since" in words_of(shown)
        assert "• *1 season ticket* · Ann Fan · Eagles" in words_of(shown)
        assert "more than 24 hours" in words_of(shown)
        assert buttons_of(shown) == []

    def test_tells_it_again_the_next_day_while_it_waits(self, slack: LocalSlack) -> None:
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
        tell(DUE + timedelta(minutes=2))
        [digest] = [found for found in slack.messages() if "overdue" in found["text"]]
        assert digest["text"] == "1 decision overdue"
        assert "• *1 new listing* ·" in words_of(digest)

    def test_counts_a_delisting_from_the_request_on(self, slack: LocalSlack) -> None:
        listing = move(pending(block=block()), ListingMove.APPROVE)
        move(listing, ListingMove.REQUEST_DELISTING, now=NOW + timedelta(hours=5))
        assert overdue_raise(now=DUE) is None
        assert overdue_raise(now=DUE + timedelta(hours=5)) is not None

    def test_keeps_to_the_setting(self, slack: LocalSlack, settings: Settings) -> None:
        settings.TRIAGE_SLA_HOURS = 2
        pending(block=block())
        assert overdue_raise(now=NOW + timedelta(hours=2)) is None
        assert overdue_raise(now=NOW + timedelta(hours=2, seconds=1)) is not None

    def test_says_nothing_when_nothing_waits(self) -> None:
        assert tasks.raise_overdue() is False
        assert not TriageMessage.objects.exists()
