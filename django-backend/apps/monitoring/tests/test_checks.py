"""Results are stored, changes are reported once, and a failing check does not affect the others."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from apps.common.testing.local_slack import CHANNEL, LocalSlack
from apps.common.testing.threads import at_once
from apps.monitoring import tasks
from apps.monitoring.models import Heartbeat, InvariantResult
from apps.monitoring.selectors.invariants import INVARIANTS, Found, Invariant
from apps.monitoring.services import invariants as service
from apps.monitoring.services.heartbeat import beat_note
from apps.monitoring.services.invariants import invariants_check
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.services.delivery import outbox_deliver

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


class Lamp(Invariant):
    """An invariant that tests switch."""

    name, title, sentence, page = "beat_runs", "Lamp", "The lamp is off.", "listings_listing"
    found = Found()
    failure: Exception | None = None

    def find(self, *, now: datetime) -> Found:
        if self.failure:
            raise self.failure
        return self.found


class Broken(Lamp):
    """A check whose statement the database refuses."""

    name = "migrations_applied"

    def find(self, *, now: datetime) -> Found:
        with connection.cursor() as cursor:
            cursor.execute("SELECT nothing FROM nowhere")
        return Found()


@pytest.fixture
def lamp(settings: Settings) -> Lamp:
    settings.STT_NOTIFICATIONS_CHANNEL_ID = CHANNEL
    settings.SITE_URL = "https://tickets.example.com"
    return Lamp()


def check(lamp: Invariant, at: datetime) -> InvariantResult:
    invariants_check(now=at, invariants=[lamp])
    return InvariantResult.objects.get(name=lamp.name)


def texts() -> list[str]:
    return list(SlackMessage.objects.order_by("id").values_list("text", flat=True))


@pytest.mark.django_db
class TestInvariantsCheck:
    def test_says_nothing_while_all_is_well(self, lamp: Lamp) -> None:
        result = check(lamp, NOW)
        assert (result.state, result.since, result.checked_at, result.told_at) == ("working", NOW, NOW, None)
        later = check(lamp, NOW + QUARTER)
        assert (later.since, later.checked_at) == (NOW, NOW + QUARTER)
        assert texts() == []

    def test_reports_each_change_once(self, lamp: Lamp) -> None:
        """Off, on, still on, off, still off: two messages."""
        check(lamp, NOW)
        lamp.found = Found(
            2,
            (
                "a",
                "b",
            ),
        )
        broken = check(lamp, NOW + QUARTER)
        assert (broken.state, broken.since, broken.found, broken.ids) == ("failing", NOW + QUARTER, 2, ["a", "b"])
        assert broken.told_at == NOW + QUARTER
        check(lamp, NOW + 2 * QUARTER)
        lamp.found = Found()
        mended = check(lamp, NOW + 3 * QUARTER)
        assert (mended.state, mended.since, mended.found, mended.ids) == ("working", NOW + 3 * QUARTER, 0, [])
        check(lamp, NOW + 4 * QUARTER)
        assert texts() == ["Broken: Lamp (2 found)", "Fixed: Lamp"]

    def test_reports_a_failure_of_the_first_check(self, lamp: Lamp) -> None:
        lamp.found = Found(1, ("a",))
        check(lamp, NOW)
        assert texts() == ["Broken: Lamp (1 found)"]

    def test_reports_what_stays_broken_once_a_day(self, lamp: Lamp) -> None:
        """The checks of three days, one each quarter of an hour: the change, then one message a day."""
        lamp.found = Found(1_234, tuple(str(number) for number in range(20)))
        for quarter in range(3 * 24 * 4):
            check(lamp, NOW + quarter * QUARTER)
        assert texts() == ["Broken: Lamp (1,234 found)"] + ["Still broken: Lamp (1,234 found)"] * 2
        posted = SlackMessage.objects.order_by("-id").values_list("created_at", flat=True)
        assert list(posted) == [NOW + timedelta(days=2), NOW + timedelta(days=1), NOW]

    def test_does_not_report_another_count_of_the_same_failure_at_once(self, lamp: Lamp) -> None:
        lamp.found = Found(1, ("a",))
        check(lamp, NOW)
        lamp.found = Found(
            2,
            (
                "a",
                "b",
            ),
        )
        assert check(lamp, NOW + QUARTER).ids == ["a", "b"]
        assert len(texts()) == 1

    def test_says_what_how_many_which_and_where(self, lamp: Lamp, slack: LocalSlack) -> None:
        """What staff read in Slack."""
        lamp.found = Found(22, tuple(f"id-{number}" for number in range(20)))
        check(lamp, NOW)
        while outbox_deliver(now=NOW, limit=10).claimed:
            pass
        [message] = slack.messages()
        words = str(message["blocks"])
        for part in (":rotating_light: Broken: Lamp (22 found)", "`id-0`", "`id-19`", "and 2 more"):
            assert part in words
        assert "It should be: The lamp is off." in words
        assert "/admin/listings/listing/" in words

    def test_has_no_link_without_an_admin(self, lamp: Lamp, settings: Settings) -> None:
        settings.ADMIN_ENABLED = False
        lamp.found = Found(1, ("a",))
        check(lamp, NOW)
        assert "actions" not in str(SlackMessage.objects.get().blocks)

    @pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.name)
    def test_finds_a_link_for_every_invariant(self, invariant: Invariant, lamp: Lamp) -> None:
        assert service._admin_url(invariant).startswith("https://tickets.example.com/admin/")

    def test_that_fails_does_not_affect_the_others(self, lamp: Lamp) -> None:
        """A refused statement neither stops the others nor spoils the transaction; its text is not reported."""
        checked = invariants_check(now=NOW, invariants=[Broken(), lamp])
        assert [one.is_failing for one in checked] == [True, False]
        result = InvariantResult.objects.get(name="migrations_applied")
        assert result.state == "failing"
        assert result.error.startswith("django.db.utils.ProgrammingError at test_checks.py:")
        assert texts() == ["Broken: Lamp (the check itself fails)"]
        assert "nowhere" not in str(SlackMessage.objects.get().blocks)

    def test_ends_a_check_that_takes_too_long(self, lamp: Lamp, monkeypatch: pytest.MonkeyPatch) -> None:
        """The database ends the statement after its time; nobody waits for the whole of it."""
        monkeypatch.setattr(service, "LONGEST_QUERY_MS", 50)
        monkeypatch.setattr(Broken, "find", lambda self, now: connection.cursor().execute("SELECT pg_sleep(30)"))
        [checked] = invariants_check(now=NOW, invariants=[Broken()])
        assert checked.error.startswith("django.db.utils.OperationalError")
        assert checked.seconds < 25

    def test_is_silent_when_a_later_run_knows_more(self, lamp: Lamp) -> None:
        check(lamp, NOW + QUARTER)
        lamp.found = Found(1, ("old",))
        assert check(lamp, NOW).state == "working"
        assert texts() == []

    def test_forgets_invariants_that_no_longer_exist(self, lamp: Lamp) -> None:
        """After a day: during a release an old worker must not delete what only the new ones know."""
        for name, age in (("of_an_old_release", timedelta(days=1)), ("of_a_new_release", timedelta(hours=23))):
            InvariantResult.objects.create(name=name, since=NOW, checked_at=NOW - age)
        check(lamp, NOW)
        assert not InvariantResult.objects.filter(name="of_an_old_release").exists()
        assert InvariantResult.objects.filter(name="of_a_new_release").exists()

    def test_never_reports_its_own_message(self, lamp: Lamp) -> None:
        """A Slack that is down for a night must not make messages about messages."""
        lamp.found = Found(1, ("a",))
        check(lamp, NOW)
        assert OutboxMessage.objects.get().payload["tells_dead"] is True


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def both(self, lamp: Lamp) -> list[object]:
        lamp.found = Found(1, ("a",))
        meet = threading.Barrier(2)

        class Meeting(Lamp):
            def find(self, *, now: datetime) -> Found:
                meet.wait(20)
                return Found(1, ("a",))

        job = lambda: invariants_check(now=NOW, invariants=[Meeting()])  # noqa: E731
        return at_once(job, job)

    def test_two_runs_at_once_report_once(self, lamp: Lamp) -> None:
        assert not [result for result in self.both(lamp) if isinstance(result, Exception)]
        assert texts() == ["Broken: Lamp (1 found)"]

    def test_two_runs_at_once_report_twice_without_the_lock(self, lamp: Lamp, monkeypatch: pytest.MonkeyPatch) -> None:
        """The twin: a plain read lets both see the old state, and both report."""
        InvariantResult.objects.create(name=lamp.name, since=NOW, checked_at=NOW)
        meet = threading.Barrier(2)

        def read(name: str, *, now: datetime) -> InvariantResult:
            result = InvariantResult.objects.get(name=name)
            meet.wait(20)
            return result

        monkeypatch.setattr(service, "invariant_result_locked", read)
        self.both(lamp)
        assert len(texts()) == 2


@pytest.mark.django_db
class TestHeartbeat:
    def test_is_noted_once_for_all(self) -> None:
        for minute in range(3):
            beat_note(now=NOW + timedelta(minutes=minute))
        assert list(Heartbeat.objects.values_list("id", "at")) == [("beat", NOW + timedelta(minutes=2))]

    @pytest.mark.parametrize(("age", "asked"), [(None, True), (20, False), (21, True)])
    def test_asks_for_a_check_that_was_missed(
        self,
        age: int | None,
        asked: bool,
        monkeypatch: pytest.MonkeyPatch,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        """A product that starts knows its state within two minutes."""
        if age is not None:
            InvariantResult.objects.create(name="beat_runs", since=NOW, checked_at=NOW - timedelta(minutes=age))
        with django_capture_on_commit_callbacks() as callbacks:
            assert beat_note(now=NOW) is asked
        assert len(callbacks) == asked

    def test_is_noted_by_both_tasks(self) -> None:
        """A check that beat asked for shows that beat runs, so the first check of all finds no dead beat."""
        tasks.check_invariants()
        assert InvariantResult.objects.get(name="beat_runs").state == "working"
        first = Heartbeat.objects.get().at
        tasks.note_beat()
        assert Heartbeat.objects.get().at > first


@pytest.mark.django_db
class TestCommand:
    def run(self, capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
        try:
            call_command("check_invariants", *arguments)
        except CommandError as error:
            return capsys.readouterr().out + str(error)
        return capsys.readouterr().out

    def test_ends_well_when_all_holds(self, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
        tasks.note_beat()
        out = self.run(capsys)
        assert out.splitlines() == [f"ok      {one.name}" for one in INVARIANTS]
        assert InvariantResult.objects.filter(state="working").count() == len(INVARIANTS)

    def test_fails_and_names_what_is_broken(self, capsys: pytest.CaptureFixture[str]) -> None:
        """No beat has ever run here."""
        out = self.run(capsys)
        assert "BROKEN  beat_runs: 1 found" in out
        assert out.endswith(f"1 of {len(INVARIANTS)} invariants are broken.")
        assert texts() == ["Broken: Beat (1 found)"]

    def test_stores_and_reports_nothing_in_a_dry_run(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert "1 of" in self.run(capsys, "--dry-run")
        assert not InvariantResult.objects.exists()
        assert texts() == []


@pytest.mark.django_db
def test_check_takes_nine_statements_for_each_invariant_that_holds(django_assert_num_queries: Any) -> None:
    """Two savepoints of two statements; the limit set and reset, the query; make, lock, write; a delete for all."""
    invariants_check(now=NOW, invariants=[Lamp()])
    with transaction.atomic(), django_assert_num_queries(10):
        invariants_check(now=NOW + QUARTER, invariants=[Lamp()])
