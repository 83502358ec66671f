"""Tasks are sent after the commit, by names that exist, and a dead broker harms nobody."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unittest.mock import patch

import pytest
from celery import current_app
from celery.exceptions import NotRegistered
from django.db import transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from apps.common import jobs
from apps.common.jobs import enqueue_on_commit

TASK = "common.clear_expired_sessions"


@pytest.mark.django_db
class TestEnqueueOnCommit:
    def test_sends_nothing_before_the_commit(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with patch("apps.common.jobs._send") as sent:
            with django_capture_on_commit_callbacks(execute=True):
                enqueue_on_commit(TASK)
                assert not sent.called
            assert [(call.args[0].name, call.args[1]) for call in sent.mock_calls] == [(TASK, {})]

    def test_sends_nothing_after_a_rollback(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        with django_capture_on_commit_callbacks() as callbacks, transaction.atomic():
            enqueue_on_commit(TASK)
            transaction.set_rollback(True)
        assert callbacks == []

    def test_refuses_a_misspelt_name_at_once(self) -> None:
        with pytest.raises(NotRegistered, match="clear_expired_session"):
            enqueue_on_commit("common.clear_expired_session")

    def test_goes_on_without_a_broker(
        self,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Nobody listens on the port: the fact is committed, the sweep does the rest."""
        monkeypatch.setattr(current_app.conf, "broker_url", "redis://127.0.0.1:1/0")
        with django_capture_on_commit_callbacks(execute=True) as callbacks:
            enqueue_on_commit(TASK)
        assert len(callbacks) == 1
        assert "The broker cannot be reached" in caplog.text


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[socket.socket]]:
    """A broker that takes connections and says nothing; yields them."""
    taken: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def take() -> None:
            with suppress(OSError):
                while True:
                    taken.append(server.accept()[0])

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{server.getsockname()[1]}/0")
        yield taken
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for connection in taken:
        connection.close()


@pytest.mark.django_db
class TestSilentBroker:
    def test_is_asked_once_by_a_request_that_sends_several_tasks(
        self,
        silent_broker: list[socket.socket],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
        caplog: pytest.LogCaptureFixture,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Nobody waits for it five times over; after a while it is asked again."""
        monkeypatch.setitem(jobs.ONE_TRY, "socket_timeout", 0.2)  # type: ignore[misc]
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(5):
                enqueue_on_commit(TASK)
        assert len(silent_broker) == 1
        assert caplog.text.count("The broker cannot be reached") == 1
        broker = current_app.conf.broker_url
        monkeypatch.setitem(jobs._resting_until, broker, jobs._resting_until[broker] - jobs.REST_SECONDS)
        with django_capture_on_commit_callbacks(execute=True):
            enqueue_on_commit(TASK)
        assert len(silent_broker) == 2


def test_a_fresh_web_process_knows_the_tasks() -> None:
    """Web processes import no task modules by themselves."""
    code = (
        "import django; django.setup()\n"
        "from unittest.mock import patch\n"
        "from apps.common.jobs import enqueue_on_commit\n"
        "with patch('django.db.transaction.on_commit') as later:\n"
        f"    enqueue_on_commit({TASK!r})\n"
        "print(later.call_count)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[3], capture_output=True, text=True, check=False
    )
    assert (done.stdout.strip(), done.returncode) == ("1", 0), done.stderr
