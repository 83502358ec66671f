"""What a scrape contains, who may scrape, and what it costs."""

import math
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics_families
from pytest_django import Settings

from apps.common.testing.queries import queries_of
from apps.listings.enums import ListingMove
from apps.listings.models import Ticket
from apps.listings.testing.stories import move, on_sale, pending
from apps.monitoring.models import InvariantResult
from apps.monitoring.services import scrape
from apps.monitoring.services.heartbeat import beat_note
from apps.monitoring.services.invariants import invariants_check
from apps.monitoring.testing.scraping import Samples, parsed, samples, value
from apps.notifications.models import OutboxMessage
from apps.notifications.testing.factories import OutboxMessageFactory
from apps.orders.testing.stories import record, void
from apps.season_tickets.testing.factories import SeasonTicketFactory

pytestmark = pytest.mark.django_db
TOKEN, PATH = "s3cret-token", "/api/metrics/"


@pytest.fixture(autouse=True)
def _set_up(settings: Settings) -> None:
    settings.HEALTH_CHECK_TOKEN = TOKEN


def scraped(client: Client) -> Samples:
    answer = client.get(PATH, headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    return parsed(answer.text)


class TestAccess:
    @pytest.mark.parametrize("header", [TOKEN, f"Bearer {TOKEN}"])
    def test_is_given_by_the_token(self, client: Client, header: str) -> None:
        answer = client.get(PATH, headers={"Authorization": header})
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "no-store" in answer.headers["Cache-Control"]

    @pytest.mark.parametrize("header", [None, "", "wrong", TOKEN[:-1], f"Basic {TOKEN}", f"bearer {TOKEN}"])
    def test_is_refused_without(self, client: Client, header: str | None) -> None:
        answer = client.get(PATH, headers={"Authorization": header} if header is not None else {})
        assert answer.status_code == 403
        assert b"stt_" not in answer.content

    def test_is_refused_to_superusers(self, admin_client: Client) -> None:
        assert admin_client.get(PATH).status_code == 403

    @pytest.mark.parametrize("configured", [None, ""])
    def test_is_closed_without_a_configured_token(
        self, client: Client, settings: Settings, configured: str | None
    ) -> None:
        """S3-21."""
        settings.HEALTH_CHECK_TOKEN = configured
        assert client.get(PATH, headers={"Authorization": "Bearer "}).status_code == 403

    def test_is_given_without_tls(self, client: Client, settings: Settings) -> None:
        """Prometheus asks each process itself, behind what ends TLS; a redirect would lead it to a port without."""
        settings.SECURE_SSL_REDIRECT = True
        assert client.get(PATH, headers={"Authorization": TOKEN}).status_code == 200
        assert client.get(PATH).status_code == 403
        assert client.get("/api/health-check/", headers={"Authorization": TOKEN}).status_code == 301

    def test_is_for_reading(self, client: Client) -> None:
        headers = {"Authorization": TOKEN}
        assert client.head(PATH, headers=headers).status_code == 200
        assert client.post(PATH, headers=headers).status_code == 405


class TestFormats:
    def test_are_openmetrics_when_asked_for(self, client: Client) -> None:
        accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5"
        answer = client.get(PATH, headers={"Authorization": TOKEN, "Accept": accept})
        assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
        families = {family.name for family in openmetrics_families(answer.text)}
        assert {"stt_http_requests", "stt_tasks", "stt_build", "stt_outbox_messages"} <= families
        assert answer.text.endswith("# EOF\n")

    def test_name_every_family_with_its_help(self, client: Client) -> None:
        text = client.get(PATH, headers={"Authorization": TOKEN}).text
        named = {line.split()[2] for line in text.splitlines() if line.startswith("# HELP ") and len(line.split()) > 3}
        typed = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")}
        assert named == typed
        assert all(name.startswith("stt_") for name in named)


class TestRequests:
    def test_are_counted_by_route_and_never_by_path(self, client: Client) -> None:
        """A hundred addresses of one route are one series, and so are a hundred that lead nowhere."""
        scraped(client)  # which is counted itself from the next one on
        before = scraped(client)
        for number in range(100):
            client.get(f"/mail/unsubscribe/token-{number}/")
            client.get(f"/nowhere/{number}/")
            client.generic("BREW", f"/nowhere/{number}/")
        after = scraped(client)
        new = {name for name in after if name[0] == "stt_http_requests_total" and name not in before}
        assert len(new) <= 6
        assert {dict(labels)["status"] for _, labels in new} <= {"4xx", "5xx"}
        assert not any("token-" in str(name) or "nowhere" in str(name) for name in after)
        labels = {"route": "mail/unsubscribe/<str:token>/", "method": "GET", "status": "4xx"}
        assert [found for found in after if "unsubscribe" in str(found)] != []
        route = next(dict(name[1])["route"] for name in after if "unsubscribe" in str(name))
        labels["route"] = route
        name = "stt_http_requests_total"
        assert value(after, name, **labels) - value(before, name, **labels) == 100
        nobody = {"route": "(none)", "status": "4xx"}
        assert value(after, name, **nobody, method="GET") - value(before, name, **nobody, method="GET") == 100
        assert value(after, name, **nobody, method="other") - value(before, name, **nobody, method="other") == 100

    def test_have_errors_to_count_from_the_first_answer_on(self, client: Client) -> None:
        """Prometheus sees how a series grows and not that it begins: the first error of a route would be none."""
        client.get("/livez")
        found = scraped(client)
        assert found["stt_http_requests_total", (("method", "GET"), ("route", "livez"), ("status", "5xx"))] == 0

    def test_have_a_latency(self, client: Client) -> None:
        before = scraped(client)
        client.get("/livez")
        after = scraped(client)
        labels = {"route": "livez", "method": "GET"}
        for name in ("stt_http_request_seconds_count", "stt_http_request_seconds_sum"):
            assert value(after, name, **labels) > value(before, name, **labels)
        assert value(after, "stt_http_request_seconds_bucket", **labels, le="+Inf") == value(
            after, "stt_http_request_seconds_count", **labels
        )

    def test_that_fail_are_counted_and_are_not_in_progress_any_more(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = scraped(client)
        monkeypatch.setattr("apps.monitoring.views.health_rows", lambda now: 1 / 0)
        client.raise_request_exception = False
        client.get("/api/health-check/", headers={"Authorization": TOKEN})
        after = scraped(client)
        labels = {"route": "api/health-check/", "method": "GET", "status": "5xx"}
        name = "stt_http_requests_total"
        assert value(after, name, **labels) - value(before, name, **labels) == 1
        assert value(after, "stt_http_requests_in_progress") == 1, "the scrape itself"


class TestState:
    def test_has_listings_seats_sales_and_money(self, client: Client) -> None:
        """Void sales are counted but sum to nothing; money is in cents."""
        block = SeasonTicketFactory()
        first = on_sale("1", "2", "3", block=block, price_cents=10_000)
        record(first, "1")
        void(record(first, "2"))
        move(on_sale("1", block=block), ListingMove.REQUEST_DELISTING)
        pending("1", block=block)
        SeasonTicketFactory(status="pending")
        found = scraped(client)
        assert {status: value(found, "stt_listings", status=status) for status in ("pending", "listed", "sold")} == {
            "pending": 1, "listed": 1, "sold": 0
        }  # fmt: skip
        assert value(found, "stt_seats", status="available") == 4
        assert value(found, "stt_seats", status="sold") == 1
        assert (value(found, "stt_sales", state="open"), value(found, "stt_sales", state="void")) == (1, 1)
        cents = {part: value(found, "stt_sale_cents", part=part, currency="USD") for part in scrape_parts()}
        assert cents == {"price": 10_000, "commission": 2_000, "payout": 8_000}
        waiting = {kind: value(found, "stt_triage_waiting", kind=kind) for kind in triage_kinds()}
        assert waiting == {"season_ticket": 1, "listing": 1, "delisting": 1}

    def test_has_every_status_before_there_is_one(self, client: Client) -> None:
        """A rule that compares with nothing would never fire."""
        found = scraped(client)
        for name, label in (("stt_listings", "sold"), ("stt_seats", "held")):
            assert (name, (("status", label),)) in found
        for part in scrape_parts():
            assert found["stt_sale_cents", (("currency", "USD"), ("part", part))] == 0
        assert ("stt_queue_messages", (("queue", "default"),)) in found

    def test_has_the_outbox(self, client: Client) -> None:
        now = timezone.now()
        OutboxMessage.objects.all().delete()
        OutboxMessageFactory(topic="mail", available_at=now - timedelta(minutes=5))
        OutboxMessageFactory(topic="mail", available_at=now, last_error="OSError")
        OutboxMessageFactory(topic="mail", available_at=now, claimed_at=now)
        OutboxMessageFactory(topic="mail", available_at=now, dead_at=now)
        OutboxMessageFactory(topic="mail", available_at=now, delivered_at=now)
        found = scraped(client)
        for state in ("waiting", "failed", "claimed", "dead"):
            assert value(found, "stt_outbox_messages", state=state) == 1
        assert 300 <= value(found, "stt_outbox_oldest_due_seconds") < 400

    @pytest.mark.parametrize(("minutes", "late"), [(19, 0), (30, 600)])
    def test_has_messages_that_are_gathered_after_their_time(
        self, client: Client, settings: Settings, minutes: int, late: int
    ) -> None:
        """With 20 minutes of gathering it is no alarm that a message waits for 19."""
        settings.OUTBOX_GATHERING_SECONDS, now = 1_200, timezone.now()
        OutboxMessage.objects.all().delete()
        OutboxMessageFactory(topic="sale.recorded:triage", available_at=now - timedelta(minutes=minutes))
        OutboxMessageFactory(topic="nobody.listens", available_at=now - timedelta(days=1))
        OutboxMessageFactory(topic="mail", available_at=now + timedelta(minutes=1))
        assert value(scraped(client), "stt_outbox_oldest_due_seconds") == pytest.approx(late, abs=60)

    def test_has_no_invariants_of_another_release(self, client: Client) -> None:
        """Nobody checks it any more, so its age would be an alarm."""
        now = timezone.now()
        InvariantResult.objects.create(name="of_an_old_release", since=now, checked_at=now - timedelta(hours=2))
        assert not [name for name in scraped(client) if "of_an_old_release" in str(name)]

    def test_has_invariants_and_beat(self, client: Client) -> None:
        assert math.isnan(value(scraped(client), "stt_beat_age_seconds"))
        invariants_check(now=timezone.now() - timedelta(minutes=1), by_beat=True)
        on_sale("1")
        Ticket.objects.update(status="withdrawn")
        invariants_check(now=timezone.now())
        found = scraped(client)
        assert value(found, "stt_invariant_failing", invariant="listings_fit_their_seats") == 1
        assert value(found, "stt_invariant_failing", invariant="seats_active_once") == 0
        checked = value(found, "stt_invariant_checked_timestamp_seconds", invariant="seats_active_once")
        assert checked == pytest.approx(timezone.now().timestamp(), abs=60)
        assert 60 <= value(found, "stt_beat_age_seconds") < 120

    def test_has_what_runs(self, client: Client) -> None:
        [build] = [dict(name[1]) for name in scraped(client) if name[0] == "stt_build_info"]
        assert build.keys() == {"version", "release", "django", "python"}


class TestSources:
    def test_that_answer_are_counted(self, client: Client) -> None:
        found = scraped(client)
        for source in ("database", "database_counts", "broker", "task_counts", "request_counts"):
            assert value(found, "stt_source_up", source=source) == 1

    def test_that_do_not_answer_leave_only_their_own_out(self, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        """With a dead database the scrape still says how many requests fail."""

        def away(**kwargs: Any) -> None:
            raise OperationalError("password of somebody")

        monkeypatch.setattr(scrape, "live_state", away)
        found = scraped(client)
        for source in ("database", "database_counts"):
            assert found["stt_source_up", (("source", source),)] == 0
        assert value(found, "stt_source_up", source="broker") == 1
        assert not [name for name in found if name[0] == "stt_listings"]
        assert [name for name in found if name[0] == "stt_http_requests_total"]

    def test_of_whole_tables_that_take_too_long_leave_only_the_counts_out(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The database ends a count after its time; the age of beat and what waits for staff are still there."""
        beat_note(now=timezone.now())
        pending("1")
        asked = []

        def slow() -> Any:
            asked.append(1)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(30)")

        monkeypatch.setattr(scrape, "LONGEST_COUNT_MS", 50)
        monkeypatch.setattr(scrape, "counts", slow)
        found = scraped(client)
        assert value(found, "stt_source_up", source="database") == 1
        assert found["stt_source_up", (("source", "database_counts"),)] == 0
        assert not [name for name in found if name[0] in {"stt_listings", "stt_seats", "stt_sales", "stt_sale_cents"}]
        assert 0 <= value(found, "stt_beat_age_seconds") < 60
        assert value(found, "stt_triage_waiting", kind="listing") == 1
        assert ("stt_outbox_oldest_due_seconds", ()) in found
        # Nor does each scrape start again what the database cannot finish.
        assert value(scraped(client), "stt_source_up", source="database_counts") == 0
        assert asked == [1]
        monkeypatch.undo()
        cache.delete(scrape.COUNTS_KEY)
        assert value(scraped(client), "stt_source_up", source="database_counts") == 1

    def test_of_a_database_that_is_away_are_not_waited_for_twice(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(**kwargs: Any) -> None:
            raise OperationalError

        asked = []
        monkeypatch.setattr(scrape, "live_state", away)
        monkeypatch.setattr(scrape, "counts", lambda: asked.append(1))
        scraped(client)
        assert asked == []

    @pytest.mark.parametrize("url", ["redis://127.0.0.1:9/0", "redis+socket:///nowhere/redis.sock?virtual_host=0"])
    def test_of_a_dead_broker_are_shown(self, client: Client, settings: Settings, url: str) -> None:
        settings.CELERY_BROKER_URL = url
        found = scraped(client)
        assert value(found, "stt_source_up", source="broker") == 0
        assert value(found, "stt_source_up", source="database") == 1

    @pytest.mark.parametrize("content", [None, b"torn", b"<" + b"\0" * 7 + b"\xff" * 60], ids=("gone", "short", "torn"))
    def test_of_requests_that_cannot_be_read_are_counted(
        self, client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, content: bytes | None
    ) -> None:
        """The folder is gone, or a file in it is incomplete: the state is still there."""
        folder = tmp_path / "counts"
        if content:
            folder.mkdir()
            (folder / "counter_1.db").write_bytes(content)
        monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", str(folder))
        found = scraped(client)
        assert value(found, "stt_source_up", source="request_counts") == 0
        assert value(found, "stt_source_up", source="database") == 1
        assert not [name for name in found if name[0] == "stt_http_requests_total"]

    def test_of_rabbitmq_are_unknown(self, client: Client, settings: Settings) -> None:
        """Its depth is unknown, which is neither 0 nor a failure."""
        settings.CELERY_BROKER_URL = "amqp://guest@127.0.0.1:9//"
        found = scraped(client)
        assert math.isnan(value(found, "stt_queue_messages", queue="default"))
        assert value(found, "stt_source_up", source="broker") == 1

    def test_of_a_dead_cache_are_counted_again(self, settings: Settings, client: Client) -> None:
        """The counts of whole tables are only dearer then."""
        caches = {"default": {**settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:9/0"}}
        settings.CACHES = caches
        found = scraped(client)
        assert value(found, "stt_source_up", source="task_counts") == 0
        assert value(found, "stt_source_up", source="database") == 1
        assert ("stt_seats", (("status", "sold"),)) in found


class TestCost:
    def test_is_a_constant_number_of_statements(self, client: Client) -> None:
        """Savepoint, limit, six reads, limit, savepoint; the three of whole tables once a minute, in their own."""
        counts = []
        for _ in range(2):
            cache.clear()
            counts += [queries_of(lambda: scraped(client)) for _ in range(2)]
            on_sale()
            OutboxMessageFactory()
        assert counts == [17, 10, 17, 10]

    def test_reads_whole_tables_once_a_minute(self, client: Client) -> None:
        scraped(client)
        on_sale("1")
        assert value(scraped(client), "stt_seats", status="available") == 0
        cache.delete(scrape.COUNTS_KEY)
        assert value(scraped(client), "stt_seats", status="available") == 1


def scrape_parts() -> tuple[str, ...]:
    return ("price", "commission", "payout")


def triage_kinds() -> tuple[str, ...]:
    return ("season_ticket", "listing", "delisting")


class TestQueues:
    def test_are_as_deep_as_tasks_wait(self, client: Client) -> None:
        """Tasks that really wait at the broker of this test, in the queues that their routes name."""
        import redis

        from apps.monitoring.gateways.task_counts import queue_depths

        before = queue_depths()
        with redis.Redis.from_url(django_settings.CELERY_BROKER_URL) as broker:
            broker.rpush("notifications", "a", "b")
            try:
                after = queue_depths()
            finally:
                broker.lrem("notifications", 0, "a")
                broker.lrem("notifications", 0, "b")
        assert after["notifications"] - before["notifications"] == 2
        assert after.keys() == {"default", "notifications", "payments", "unacked"}


class TestTasks:
    def test_are_counted_by_name_and_outcome(self, client: Client) -> None:
        """Through the signals that a worker sends, in the order of a worker."""
        from celery import shared_task

        from apps.monitoring.gateways.task_counts import connect, task_families

        @shared_task(name="monitoring.test_task")
        def sometimes(*, fails: bool) -> None:
            if fails:
                raise ValueError("no")

        connect()  # a second time: nothing is counted twice
        for fails in (False, False, True):
            sometimes.apply(kwargs={"fails": fails})
        found = samples(task_families())
        task = "monitoring.test_task"
        assert value(found, "stt_tasks_total", task=task, outcome="success") == 2
        assert value(found, "stt_tasks_total", task=task, outcome="failure") == 1
        assert value(found, "stt_task_seconds_count", task=task) == 3
        assert value(found, "stt_task_seconds_bucket", task=task, le="+Inf") == 3
        assert 0 < value(found, "stt_task_seconds_sum", task=task) < 30
        assert value(scraped(client), "stt_tasks_total", task=task, outcome="failure") == 1

    def test_have_buckets_that_add_up(self) -> None:
        from apps.monitoring.gateways.task_counts import task_counted, task_families

        for seconds in (0.01, 0.02, 4.0, 1_000.0):
            task_counted(task="x", outcome="success", seconds=seconds)
        found = samples(task_families())
        limits = {"0.01": 1, "0.05": 2, "0.1": 2, "1.0": 2, "5.0": 3, "300.0": 3, "+Inf": 4}
        assert {le: value(found, "stt_task_seconds_bucket", task="x", le=le) for le in limits} == limits
        assert value(found, "stt_task_seconds_sum", task="x") == pytest.approx(1_004.03)

    def test_go_on_when_they_cannot_be_counted(self, settings: Settings) -> None:
        """A dead Redis, or none at all."""
        from apps.monitoring.gateways.task_counts import task_counted, task_families

        for location in ("redis://127.0.0.1:9/0", ""):
            settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": location}}
            task_counted(task="x", outcome="success", seconds=1)
        assert samples(task_families()) == {}
