"""The health check: who may ask, what each row says, and what staff see of it."""

from datetime import timedelta
from unittest.mock import Mock

import pytest
from celery import current_app, signals
from django.core.cache import cache
from django.core.cache.backends import redis
from django.db import OperationalError, connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from health_check.contrib.celery import Ping
from health_check.exceptions import ServiceUnavailable
from pytest_django import Settings
from redis.exceptions import ConnectionError as RedisConnectionError

from apps.common.testing.queries import queries_of
from apps.monitoring.gateways.celery_check import CeleryCheck, broker_is_cache
from apps.monitoring.gateways.signs_of_life import queues_served, queues_unserved
from apps.monitoring.models import Heartbeat, InvariantResult
from apps.monitoring.rules import WORKER_LIFE
from apps.monitoring.selectors import health
from apps.monitoring.selectors.health import HealthRow, health_rows
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.monitoring.services.invariants import invariants_check
from apps.users.testing.stories import staff_browser

TOKEN = "s3cret-token"
PATHS = ["/api/health-check/", "/api//health-check/"]


@pytest.fixture
def _token(settings: Settings) -> None:
    settings.HEALTH_CHECK_TOKEN = TOKEN


@pytest.mark.usefixtures("_token")
@pytest.mark.django_db(transaction=True)
class TestSystemStatusView:
    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize("header", [TOKEN, f"Bearer {TOKEN}"])
    def test_answers_the_token_bare_or_as_bearer(self, client: Client, path: str, header: str) -> None:
        """S3-30, S3-31: no worker runs in this test, so the answer is 500, but it is an answer."""
        response = client.get(path, {"format": "json"}, headers={"Authorization": header})
        assert response.status_code == 500
        assert list(response.json())[:3] == ["Database", "Cache", "Celery"]

    @pytest.mark.parametrize("path", PATHS)
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "wrong",
            TOKEN[:-1],
            TOKEN + "x",
            f"Token {TOKEN}",
            f"bearer {TOKEN}",
            f"Bearer Bearer {TOKEN}",
            "schlüssel",
            " ",
        ],
    )
    def test_refuses_anything_else(self, client: Client, path: str, header: str) -> None:
        """S3-31."""
        response = client.get(path, headers={"Authorization": header} if header else {})
        assert response.status_code == 403
        assert b"Database" not in response.content

    @pytest.mark.parametrize("configured", [None, ""])
    @pytest.mark.parametrize("header", [None, "", "None", "Bearer ", "health_check_token"])
    def test_is_closed_without_a_configured_token(
        self, client: Client, settings: Settings, configured: str | None, header: str | None
    ) -> None:
        """S3-21."""
        settings.HEALTH_CHECK_TOKEN = configured
        response = client.get(PATHS[0], headers={"Authorization": header} if header is not None else {})
        assert response.status_code == 403

    def test_shows_state_and_time_of_each_service_as_html(self, client: Client) -> None:
        """S3-33."""
        response = client.get(PATHS[0], headers={"Authorization": TOKEN, "Accept": "text/html"})
        assert response.headers["Content-Type"].startswith("text/html")
        page = response.content.decode()
        for text in ("Database", "Cache", "Celery", "Time Taken", "working", "Celery workers unavailable"):
            assert text in page

    @pytest.mark.parametrize("how", [{"query": {"format": "json"}}, {"accept": "application/json"}])
    def test_shows_state_and_time_of_each_service_as_json(self, client: Client, how: dict) -> None:
        """S3-33."""
        headers = {"Authorization": TOKEN, "Accept": how.get("accept", "*/*")}
        services = client.get(PATHS[0], how.get("query", {}), headers=headers).json()
        assert services["Database"]["status"] == services["Cache"]["status"] == "working"
        assert services["Celery"] == {
            "status": "failing",
            "detail": "Celery workers unavailable",
            "time_taken_seconds": services["Celery"]["time_taken_seconds"],
        } or services["Celery"]["detail"].endswith("Celery workers unavailable")
        assert all(service["time_taken_seconds"] >= 0 for service in services.values())

    @pytest.mark.parametrize(
        ("query", "attr", "detail"),
        [
            ({"format": "jsn"}, "format", "'jsn' is not known. Did you mean 'json'?"),
            ({"format": "xml"}, "format", "'xml' is not known. Choose from: html, json."),
            ({"formt": "json"}, "formt", "Unknown parameter. Did you mean 'format'?"),
        ],
    )
    def test_refuses_a_format_that_it_does_not_have(self, client: Client, query: dict, attr: str, detail: str) -> None:
        response = client.get(PATHS[0], query, headers={"Authorization": TOKEN})
        assert response.status_code == 400
        [error] = response.json()["errors"]
        assert (error["attr"], error["detail"]) == (attr, detail)

    def test_is_never_cached(self, client: Client) -> None:
        response = client.get(PATHS[0], headers={"Authorization": TOKEN})
        assert "no-store" in response.headers["Cache-Control"]

    def test_takes_no_other_method(self, client: Client) -> None:
        assert client.post(PATHS[0], headers={"Authorization": TOKEN}).status_code == 405


@pytest.mark.usefixtures("_token")
class TestLivez:
    def test_answers_without_token_and_database(self, client: Client) -> None:
        """No database mark: pytest-django would fail the test if the view asked the database."""
        response = client.get("/livez")
        assert (response.status_code, response.content) == (200, b"ok\n")

    def test_takes_reading_methods_only(self, client: Client) -> None:
        assert client.head("/livez").status_code == 200
        assert client.post("/livez").status_code == 405


NOW = timezone.now()
HOUR = timedelta(hours=1)


@pytest.fixture
def _new() -> None:
    """The tables were made just now, whenever the suite began."""
    MigrationRecorder.Migration.objects.filter(app="monitoring").update(applied=NOW)


def rows(now=NOW) -> dict[str, HealthRow]:  # type: ignore[no-untyped-def]
    return {row.title: row for row in health_rows(now=now)}


def states(now=NOW) -> set[str]:  # type: ignore[no-untyped-def]
    return {row.state.value for row in health_rows(now=now)}


@pytest.mark.usefixtures("_new")
@pytest.mark.django_db
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
        """A dead beat is found by its heartbeat within minutes, the others when their results are an hour old."""
        invariants_check(now=NOW, by_beat=True)
        soon = rows(NOW + timedelta(minutes=6))
        assert [title for title, row in soon.items() if row.state == "failing"] == ["Beat"]
        assert "It last ran at" in soon["Beat"].detail
        assert {row.state.value for row in health_rows(now=NOW + HOUR + timedelta(seconds=1))} == {"failing"}
        assert "Not checked since" in rows(NOW + 2 * HOUR)["Seats"].detail

    def test_say_what_is_broken(self) -> None:
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


@pytest.mark.usefixtures("_new")
@pytest.mark.django_db
class TestHealthCheck:
    @pytest.fixture(autouse=True)
    def _token(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        settings.HEALTH_CHECK_TOKEN = "token"
        # No worker runs in this test; that this is reported is tested elsewhere.
        monkeypatch.setattr("apps.monitoring.gateways.celery_check.CeleryCheck.run", lambda self: None)

    def status(self, client: Client) -> tuple[int, dict[str, dict[str, object]]]:
        answer = client.get("/api/health-check/", {"format": "json"}, headers={"Authorization": "token"})
        return answer.status_code, answer.json()

    def test_answers_200_before_the_first_check(self, client: Client) -> None:
        """S3-30, S3-33: the three of the seed come first, in their format."""
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


ALL = ["default", "notifications", "payments"]


@pytest.fixture
def pings(monkeypatch: pytest.MonkeyPatch) -> list[CeleryCheck]:
    """Return who was pinged; nobody answers."""
    pinged: list[CeleryCheck] = []

    def ping(check: CeleryCheck) -> None:
        pinged.append(check)
        raise ServiceUnavailable("Celery workers unavailable")

    monkeypatch.setattr(Ping, "run", ping)
    return pinged


class TestCeleryCheck:
    def test_waits_for_nobody_when_all_have_said_that_they_live(self, pings: list[CeleryCheck]) -> None:
        queues_served(ALL)
        CeleryCheck().run()
        assert pings == []

    @pytest.mark.parametrize("served", [[], ["default"], ["notifications"], ["another"]])
    def test_asks_when_a_queue_has_no_worker(self, served: list[str], pings: list[CeleryCheck]) -> None:
        queues_served(served)
        with pytest.raises(ServiceUnavailable, match="Celery workers unavailable"):
            CeleryCheck().run()
        assert len(pings) == 1

    def test_asks_when_the_cache_is_away(self, pings: list[CeleryCheck], monkeypatch: pytest.MonkeyPatch) -> None:
        """With a broker of its own: a dead cache has a row already, and is not blamed on Celery."""
        queues_served(ALL)
        for operation in ("get_many", "set_many"):
            monkeypatch.setattr(redis.RedisCache, operation, Mock(side_effect=RedisConnectionError))
        with pytest.raises(ServiceUnavailable, match="Celery workers unavailable"):
            CeleryCheck().run()
        assert len(pings) == 1


class TestSignOfLife:
    def test_is_given_with_each_heartbeat_for_the_queues_of_the_worker(self) -> None:
        signals.heartbeat_sent.send(sender=None)
        assert queues_unserved(ALL) == []

    def test_is_given_for_no_other_queue(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A worker that was started with `--queues default`."""
        monkeypatch.setattr(current_app.amqp.queues, "_consume_from", {"default": None})
        signals.heartbeat_sent.send(sender=None)
        assert queues_unserved(ALL) == ["notifications", "payments"]

    def test_is_forgotten_after_half_a_minute(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The bound of docs/monitoring.md."""
        lives: list[object] = []
        monkeypatch.setattr(cache, "set_many", lambda _, life: lives.append(life))
        queues_served(ALL)
        assert lives == [30] == [WORKER_LIFE.total_seconds()]


class TestBeat:
    def test_has_its_heartbeat_noted_as_soon_as_it_runs(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A beat without a memory has the first task done after a minute; the last heartbeat is old until then."""
        sent: list[str] = []
        monkeypatch.setattr(current_app, "send_task", lambda name, **_: sent.append(name))
        signals.beat_init.send(sender=None)
        assert sent == ["monitoring.note_beat"]


class TestBrokerIsCache:
    @pytest.mark.parametrize(
        ("broker", "cache", "same"),
        [
            ("redis://:pw@h:6379/1", "redis://:pw@h:6379/0", True),
            ("redis://h:6380/0", "redis://h:6379/0", False),
            ("redis://other:6379/0", "redis://h:6379/0", False),
            ("amqp://h//", "redis://h:6379/0", False),
            ("redis+socket:///run/a.sock", "unix:///run/a.sock", True),
            ("redis+socket:///run/b.sock", "unix:///run/a.sock", False),
            ("redis://h:6379/0", "", False),
        ],
    )
    def test_compares_servers_not_databases(self, settings: Settings, broker: str, cache: str, same: bool) -> None:
        settings.CELERY_BROKER_URL = broker
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": cache}}
        assert broker_is_cache() is same


RESULTS, HEARTBEATS = "/admin/monitoring/invariantresult/", "/admin/monitoring/heartbeat/"


@pytest.fixture
def _checked() -> None:
    invariants_check(now=timezone.now(), by_beat=True)
    InvariantResult.objects.filter(name="seats_active_once").update(state="failing", found=2, ids=["01-a", "01-b"])


@pytest.mark.usefixtures("_checked")
@pytest.mark.django_db
class TestPages:
    def test_show_what_is_broken_and_which_rows(self) -> None:
        page = staff_browser("view_invariantresult").get(f"{RESULTS}seats_active_once/change/")
        assert "A physical seat is in at most one active ticket of an event." in page.text
        assert "01-b" in page.text

    def test_take_the_same_queries_for_one_row_and_for_all(self) -> None:
        client, counts = staff_browser("view_invariantresult"), []
        client.get(RESULTS)
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(RESULTS)))
            InvariantResult.objects.exclude(name="seats_active_once").delete()
        assert counts[0] == counts[1]
