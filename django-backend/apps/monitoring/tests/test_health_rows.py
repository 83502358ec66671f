"""The stored results in the health check."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from apps.monitoring.models import Heartbeat, InvariantResult
from apps.monitoring.selectors import health
from apps.monitoring.selectors.health import HealthRow, health_rows
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.monitoring.services.invariants import invariants_check

pytestmark = pytest.mark.django_db
NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _new() -> None:
    """The tables were made just now, whenever the suite began."""
    MigrationRecorder.Migration.objects.filter(app="monitoring").update(applied=NOW)


def rows(now=NOW) -> dict[str, HealthRow]:  # type: ignore[no-untyped-def]
    return {row.title: row for row in health_rows(now=now)}


def states(now=NOW) -> set[str]:  # type: ignore[no-untyped-def]
    return {row.state.value for row in health_rows(now=now)}


class TestHealthRows:
    def test_have_the_order_of_the_invariants(self) -> None:
        assert list(rows()) == [invariant.title for invariant in INVARIANTS]

    def test_are_unknown_in_the_first_hour(self) -> None:
        """A product that was just installed answers 200, as long as nothing was checked."""
        assert states(NOW + HOUR) == {"unknown"}
        assert states(NOW + HOUR + timedelta(seconds=1)) == {"failing"}

    def test_work_after_a_check(self) -> None:
        invariants_check(now=NOW, by_beat=True)
        assert states() == {"working"}

    def test_fail_when_nobody_checks_any_more(self) -> None:
        """Beat is told from its heartbeat within minutes, the others when their results are an hour old."""
        invariants_check(now=NOW, by_beat=True)
        soon = rows(NOW + timedelta(minutes=6))
        assert [title for title, row in soon.items() if row.state == "failing"] == ["Beat"]
        assert "It last ran at" in soon["Beat"].detail
        assert {row.state.value for row in health_rows(now=NOW + HOUR + timedelta(seconds=1))} == {"failing"}
        assert "Not checked since" in rows(NOW + 2 * HOUR)["Seats"].detail

    def test_tell_what_is_broken(self) -> None:
        invariants_check(now=NOW, by_beat=True)
        InvariantResult.objects.filter(name="seats_active_once").update(state="failing", found=1_200, since=NOW)
        InvariantResult.objects.filter(name="migrations_applied").update(state="failing", error="OSError at x.py:1")
        found = rows()
        assert found["Seats"].detail.startswith("1,200 found since ")
        assert found["Seats"].detail.endswith("A physical seat is in at most one active ticket of an event.")
        assert found["Migrations"].detail.startswith("The check itself fails since ")
        assert found["Outbox"].state == "working"

    def test_are_unknown_for_an_invariant_of_a_new_release(self) -> None:
        """Months after the tables were made: the next check has it."""
        invariants_check(now=NOW + 9 * HOUR, by_beat=True)
        InvariantResult.objects.filter(name="outbox_delivered").delete()
        found = rows(NOW + 9 * HOUR)
        assert (found["Outbox"].state, found["Outbox"].detail) == ("unknown", "Not checked yet.")
        assert found["Seats"].state == "working"
        Heartbeat.objects.all().delete()
        found = rows(NOW + 9 * HOUR)
        assert (found["Outbox"].state, found["Beat"].state) == ("unknown", "failing")

    def test_fail_without_their_tables(self) -> None:
        """A release that runs on the schema of an older one."""
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE monitoring_invariantresult RENAME TO elsewhere")
        from django.db import transaction

        with transaction.atomic():
            found = {row.title: row for row in _rows_in_savepoint()}
        assert found["Migrations"].state == "failing"
        assert {row.state.value for title, row in found.items() if title != "Migrations"} == {"unknown"}

    def test_are_unknown_without_a_database(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Its own row fails; these only do not know."""

        def away() -> None:
            raise OperationalError("gone")

        monkeypatch.setattr(health.InvariantResult.objects, "all", away)
        assert states() == {"unknown"}

    def test_take_two_queries_and_three_while_new(self) -> None:
        with CaptureQueriesContext(connection) as new:
            health_rows(now=NOW)
        invariants_check(now=NOW, by_beat=True)
        with CaptureQueriesContext(connection) as checked:
            health_rows(now=NOW)
        assert (len(new), len(checked)) == (3, 2)


def _rows_in_savepoint() -> list[HealthRow]:
    from django.db import transaction

    sid = transaction.savepoint()
    found = health_rows(now=NOW)
    transaction.savepoint_rollback(sid)
    return found


class TestHealthCheck:
    @pytest.fixture(autouse=True)
    def _token(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.HEALTH_CHECK_TOKEN = "token"
        # No worker runs in this test; that it is told is tested elsewhere.
        monkeypatch.setattr("apps.monitoring.gateways.celery_check.CeleryCheck.run", lambda self: None)

    def status(self, client: Client) -> tuple[int, dict[str, dict[str, object]]]:
        answer = client.get("/api/health-check/", {"format": "json"}, headers={"Authorization": "token"})
        return answer.status_code, answer.json()

    def test_answers_200_before_the_first_check(self, client: Client) -> None:
        """S3-30, S3-33: the three of the seed stand first, in their form."""
        status, services = self.status(client)
        assert status == 200
        assert list(services) == ["Database", "Cache", "Celery", *(invariant.title for invariant in INVARIANTS)]
        assert all(service.keys() == {"status", "detail", "time_taken_seconds"} for service in services.values())
        assert {service["status"] for service in list(services.values())[3:]} == {"unknown"}

    def test_answers_500_when_an_invariant_is_broken(self, client: Client) -> None:
        """S3-34: and that row alone fails."""
        invariants_check(now=timezone.now(), by_beat=True)
        assert self.status(client)[0] == 200
        InvariantResult.objects.filter(name="seats_active_once").update(state="failing", found=2)
        status, services = self.status(client)
        assert status == 500
        assert [name for name, service in services.items() if service["status"] == "failing"] == ["Seats"]

    def test_shows_them_as_html(self, client: Client) -> None:
        Heartbeat.objects.create(id="beat", at=timezone.now())
        page = client.get("/api/health-check/", headers={"Authorization": "token", "Accept": "text/html"})
        assert page.status_code == 200
        for invariant in INVARIANTS:
            assert f"<td>{invariant.title}</td>" in page.text
        assert page.text.count("Not checked yet.") == len(INVARIANTS) - 1
