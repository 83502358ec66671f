"""The web server is stopped and exchanged while requests come: none that it accepted is lost."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from config.environment import BACKEND_DIR
from config.tests.deployed import under_load
from config.tests.processes import free_port, listening_process, text_with, wait_until

pytestmark = pytest.mark.stack

GUNICORN = [sys.executable, "-m", "gunicorn", "-c", "config/gunicorn.py", "config.wsgi"]
TOKEN = "token-of-the-stop"
# As systemd starts it: the socket is file 3, and the process is named by its own id.
ACTIVATED = ["/bin/sh", "-c", 'exec env LISTEN_FDS=1 LISTEN_PID=$$ "$@"', "sh", *GUNICORN]


def _environment(port: int) -> dict[str, str]:
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "config.settings.local",
        "DJANGO_DEBUG": "False",
        "HEALTH_CHECK_TOKEN": TOKEN,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "WEB_THREADS": "4",
    }


def _ask(port: int) -> None:
    """Ask on a connection of its own, as a proxy does that keeps none."""
    answer = requests.get(f"http://127.0.0.1:{port}/livez", headers={"Connection": "close"}, timeout=60)
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_a_request_that_has_begun_is_finished(tmp_path: Path) -> None:
    """S0-23: TERM comes while the health check waits a second for workers that do not exist."""
    port = free_port()
    with listening_process(
        GUNICORN, port=port, cwd=BACKEND_DIR, log=tmp_path / "web.log", env=_environment(port)
    ) as process:
        _ask(port)
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(
                f"GET /api/health-check/?format=json HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {TOKEN}\r\n"
                "Connection: close\r\n\r\n".encode()
            )
            # Another request is answered after this one was accepted: the first is in a thread by now.
            _ask(port)
            process.send_signal(signal.SIGTERM)
            received = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert process.wait(120) == 0
    assert received.startswith(b"HTTP/1.1 500")  # Celery fails: nobody runs one here
    assert b'"Celery"' in received
    with pytest.raises(requests.ConnectionError):
        _ask(port)


@contextmanager
def _activated(listener: socket.socket, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    port = listener.getsockname()[1]
    with log.open("ab") as output:
        process = subprocess.Popen(
            ACTIVATED,
            cwd=BACKEND_DIR,
            env=_environment(port),
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=[3],
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(40)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Hold a listening port as season-tickets-web.socket does; it is file 3 of the processes started meanwhile."""
    try:
        kept = os.dup(3)
    except OSError:
        kept = None
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen(1024)
        os.dup2(held.fileno(), 3, inheritable=True)
        try:
            yield held
        finally:
            if kept is None:
                os.close(3)
            else:
                os.dup2(kept, 3)
                os.close(kept)


def test_no_request_is_lost_while_the_release_is_exchanged(listener: socket.socket, tmp_path: Path) -> None:
    """S0-23, S0-25: TERM to the old server under load, then the new one on the same socket; requests between wait."""
    port = listener.getsockname()[1]
    with ExitStack() as servers:
        old = servers.enter_context(_activated(listener, tmp_path / "old.log"))
        _ask(port)
        with under_load(lambda: _ask(port)) as load:
            wait_until(lambda: load.answered >= 20)
            old.send_signal(signal.SIGTERM)
            assert old.wait(40) == 0
            before = load.answered
            servers.enter_context(_activated(listener, tmp_path / "new.log"))
            wait_until(lambda: load.answered >= before + 20)
        # Here nobody asks any more: only then the new server may end, too.
    assert load.failures == [], (tmp_path / "old.log").read_text()
    text_with(tmp_path / "new.log", "Listening at")


def test_without_the_held_socket_requests_are_refused(tmp_path: Path) -> None:
    """The twin: what the socket's unit is for."""
    port = free_port()
    with (
        listening_process(
            GUNICORN, port=port, cwd=BACKEND_DIR, log=tmp_path / "web.log", env=_environment(port)
        ) as process,
        under_load(lambda: _ask(port)) as load,
    ):
        process.send_signal(signal.SIGTERM)
        process.wait(40)
        wait_until(lambda: load.failures)
    kinds = ("refused", "reset", "closed")
    assert [failure for failure in load.failures if not any(kind in failure.lower() for kind in kinds)] == []
