"""Lists and single objects from a streaming replica, which is stopped, paused and disturbed."""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common import replica as reads
from apps.common.replica import REPLICA, positions, write_flag
from apps.common.testing.queries import queries_of
from apps.common.testing.threads import at_once
from apps.common.views import StrictView
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.monitoring.selectors import health
from apps.monitoring.selectors.health import health_rows
from apps.monitoring.services.scrape import metrics_text
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import UserFactory
from apps.users.tests.logins import LEAGUES, repeated_login
from config.tests.processes import free_port
from devtools.replica import PostgresReplica

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=[DEFAULT_DB_ALIAS, REPLICA]),
    pytest.mark.usefixtures("long_records", "replica"),
]
LISTINGS = "/api/v1/listings/"
_EMBEDDED_VERSION = 18


@pytest.fixture(scope="module")
def _server(django_db_setup: None) -> Iterator[None]:
    with closing(psycopg2.connect(os.environ["DATABASE_URL"])) as suite:
        is_superuser = suite.info.parameter_status("is_superuser") == "on"
        if suite.server_version // 10_000 != _EMBEDDED_VERSION or not is_superuser:
            pytest.skip("the suite's server is not the embedded PostgreSQL, so it cannot be copied")
    folder = Path(tempfile.mkdtemp(prefix="stt-"))
    folder.chmod(0o711)  # the server's account must be able to pass through
    server = PostgresReplica(folder / "replica", os.environ["DATABASE_URL"], throw_away=True)
    try:
        server.start()
        here = {"HOST": "127.0.0.1", "PORT": str(server.port), "TEST": {"MIRROR": "default"}}
        connections.settings[REPLICA] = {**connections[DEFAULT_DB_ALIAS].settings_dict, **here}
        yield
        del connections.settings[REPLICA], connections[REPLICA]
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
def replica(_server: None, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The replica. This process knows of the primary's position what `caught_up` says."""
    monkeypatch.setattr(reads, "SAMPLE_SECONDS", 1_000)
    monkeypatch.setattr(reads, "WROTE_SECONDS", 1_000)
    reads.rest.end()
    yield
    on_replica("SELECT pg_wal_replay_resume()::text")
    connections[REPLICA].close()


def on_replica(statement: str, *values: object) -> Any:
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def caught_up(*, paused: bool = False) -> None:
    """Wait until the replica has everything, and let it learn nothing more if it is to be paused."""
    with transaction.atomic(), connection.cursor() as cursor:
        # The suite's server writes its log later, except for a commit that asks for it.
        cursor.execute("SET LOCAL synchronous_commit = on; SELECT pg_logical_emit_message(true, '', '')")
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_flush_lsn()::text")
        position = cursor.fetchone()[0]
    deadline = time.monotonic() + 60
    while not on_replica("SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", position):
        assert time.monotonic() < deadline, "the replica does not follow"
        time.sleep(0.02)
    known = reads._Sample(time.monotonic(), position)
    positions._known = (known, known)
    if paused:
        on_replica("SELECT pg_wal_replay_pause()::text")
        while on_replica("SELECT pg_get_wal_replay_pause_state()") != "paused":
            time.sleep(0.02)


def holder_of(listing: Listing) -> AppClient:
    return repeated_login(listing.holder.user)


def price(client: AppClient, listing: Listing) -> str:
    """Return the price in the list, which is that of the single listing."""
    answer, (row,) = client.get(f"{LISTINGS}{listing.id}/"), client.get(LISTINGS).json()["results"]
    assert (answer.status_code, answer.json()) == (200, row)
    return str(row["price"])


def monitored() -> tuple[str, float | None]:
    """Return the row of the health check and the metric, None for none."""
    row, text = health_rows(now=timezone.now())[0], metrics_text(accept="", now=timezone.now())[0].decode()
    assert row.title == "Replica"
    lag = re.search("^stt_replica_lag_seconds (.*)$", text, re.MULTILINE)
    assert f'stt_source_up{{source="replica"}} {float(lag is not None)}' in text
    return row.state.value, float(lag[1]) if lag else None


class TestReads:
    def test_are_the_replicas_unless_they_must_be_true_now(self) -> None:
        listing = on_sale("1")
        client, staff = holder_of(listing), repeated_login(UserFactory(superuser=True))
        caught_up()
        for path in (LEAGUES, LISTINGS, f"{LISTINGS}{listing.id}/", f"{LISTINGS}{listing.id}/history/"):
            assert queries_of(lambda path=path: client.get(path)) == 0  # type: ignore[misc]
            assert queries_of(lambda path=path: staff.get(path)) > 0  # type: ignore[misc]
        assert queries_of(lambda: client.get("/api/v1/me/")) > 0
        assert client.get(LISTINGS).json() == staff.get(LISTINGS).json()

        class Public(StrictView):
            permission_classes = [AllowAny]
            authentication_classes = []
            reads_replica = True

            def get(self, _: Request) -> Response:
                return Response(connection.alias)

        ask = lambda: Public.as_view()(RequestFactory().get("/")).data  # noqa: E731
        assert ask() == REPLICA
        with transaction.atomic():
            assert ask() == "default"

    def test_show_a_holder_what_they_have_written(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listing = on_sale("1")
        client = holder_of(listing)
        caught_up(paused=True)
        assert monitored() == ("working", 0)
        assert client.patch(f"{LISTINGS}{listing.id}/", {"price": "77.00"}).status_code == 200
        assert price(client, listing) == "77.00"
        # Twin: without the flag the replica answers.
        cache.delete(write_flag(listing.holder.user_id))
        assert price(client, listing) == "100.00"
        # When the flag is gone by itself, every process requires the write of the replica.
        positions._known = (reads._Sample(float("-inf"), "0/0"),) * 2
        assert price(client, listing) == "77.00"
        state, lag = monitored()
        assert state == "working"
        assert lag > 0
        monkeypatch.setattr(health, "REPLICA_LAG", timedelta(0))
        assert monitored()[0] == "failing"
        # What another process has written is found by its address; the list is as old as the replica.
        positions._known = (reads._Sample(time.monotonic(), "0/0"),) * 2
        other = on_sale("2", block=listing.season_ticket, event=listing.event)
        assert client.get(f"{LISTINGS}{other.id}/").status_code == 200
        assert len(client.get(LISTINGS).json()["results"]) == 1
        on_replica("SELECT pg_wal_replay_resume()::text")
        caught_up()
        assert queries_of(lambda: client.get(LISTINGS)) == 0
        assert len(client.get(LISTINGS).json()["results"]) == 2


class TestFailure:
    def test_of_the_replica_is_none_of_the_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        listing = on_sale("1")
        client = holder_of(listing)
        caught_up()
        assert price(client, listing) == "100.00"
        # Its connections end.
        ended = connections.create_connection(REPLICA)
        with ended.temporary_connection() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
        assert price(client, listing) == "100.00"
        reads.rest.end()
        # Nobody listens, and only one request finds out.
        settings = connections[REPLICA].settings_dict
        connections[REPLICA].close()
        port, settings["PORT"] = settings["PORT"], str(free_port())
        assert queries_of(lambda: price(client, listing)) > 0
        assert monitored() == ("failing", None)
        settings["PORT"] = port
        assert queries_of(lambda: price(client, listing)) > 0
        monkeypatch.setattr(reads, "REST_SECONDS", 0)
        reads.rest.begin()
        assert queries_of(lambda: price(client, listing)) == 0

    def test_by_a_conflict_with_the_primary_is_answered_by_it(self, caplog: pytest.LogCaptureFixture) -> None:
        caught_up()

        def handler() -> Response:
            if connection.alias == REPLICA:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT count(*), pg_sleep(60) FROM support_contactmessage")
            return Response(connection.alias)

        def read() -> object:
            try:
                return reads._read(handler).data
            finally:
                connections[REPLICA].close()

        def lock() -> None:
            sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%%pg_sleep(60) FROM%%' AND pid <> %s"
            try:
                while not on_replica(sleeping, on_replica("SELECT pg_backend_pid()")):
                    time.sleep(0.05)
            finally:
                connections[REPLICA].close()
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit = on; LOCK support_contactmessage")

        assert at_once(read, lock) == ["default", None]
        assert "SerializationFailure" in caplog.text
