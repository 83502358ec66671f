"""A connection that the server has closed is replaced before it is used, and a sound one is not asked about."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from celery import signals
from django.core.signals import request_started
from django.db import OperationalError, connection
from django.db.backends.postgresql import base

from apps.common.testing.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _sound_again() -> Iterator[None]:
    yield
    connection.close()


def server_process() -> int:
    """Return which process of the server answers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def close_by_the_server(process: int) -> None:
    """End a process of the server as its restart does, and wait until it is gone."""

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [process])
            assert cursor.fetchone() == (True,)

    at_once(end)


def test_a_closed_connection_breaks_what_was_under_way() -> None:
    close_by_the_server(server_process())
    with pytest.raises(OperationalError):
        server_process()


def before_a_request() -> None:
    """Django's own signal."""
    request_started.send(None)


def before_a_task() -> None:
    """Celery's signal, without its own handler, which runs in workers only."""
    task = SimpleNamespace(name="test", request=SimpleNamespace(is_eager=False))
    signals.task_prerun.send(None, task_id="closed", task=task)


@pytest.mark.parametrize("begins", [before_a_request, before_a_task])
def test_but_neither_the_next_request_nor_the_next_task(begins: Any) -> None:
    old = server_process()
    close_by_the_server(old)
    begins()
    assert server_process() != old


@pytest.mark.parametrize("begins", [before_a_request, before_a_task])
def test_a_sound_connection_is_kept_and_not_asked_about(begins: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    old = server_process()
    monkeypatch.setattr(base.DatabaseWrapper, "is_usable", lambda _: pytest.fail("the server was asked"))
    begins()
    assert server_process() == old


def test_a_notice_closes_nothing() -> None:
    """A notice of the server is something to read, too: then the connection is checked."""
    old = server_process()
    with connection.cursor() as cursor:
        cursor.execute("LISTEN anything")
    at_once(notify)
    before_a_request()
    assert server_process() == old


def notify() -> None:
    """Say something to everybody who listens."""
    with connection.cursor() as cursor:
        cursor.execute("NOTIFY anything")
