"""Clients that send or read slowly: nobody else waits for them, with nginx in front or without it."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import requests

from config.environment import BACKEND_DIR
from config.tests.processes import free_port, listening_process, text_with, wait_until
from config.tests.test_nginx import _command, _private_copy, needs_nginx
from config.web_worker import LARGEST_BODY

pytestmark = pytest.mark.stack
THREADS, HELD = 2, 40
SECONDS = 10  # for an answer that takes a thousandth of that
# An application in short: it reads all of the body, and its large answer fits in no buffer of a socket.
_APPLICATION = """
def application(environ, start_response):
    received = len(environ["wsgi.input"].read())
    body = b"x" * 8_000_000 if environ["PATH_INFO"] == "/large" else b"received %d" % received
    length = [("Content-Length", str(len(body)))]
    start_response("200 OK", [] if environ["PATH_INFO"] == "/streamed" else length)
    return [body]
"""
_FAILS = """
def application(environ, start_response):
    raise RuntimeError
"""
SLOW = {
    "bodies": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nbegun",
    "headers": b"GET / HTTP/1.1\r\nHost: a\r\nX-Begun: and",
    "readers": b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n",
    "readers that ask for more": b"GET /large HTTP/1.1\r\nHost: a\r\n\r\n" * 5,
}


@contextmanager
def gunicorn(
    folder: Path, *options: str, application: str = _APPLICATION, before: tuple[str, ...] = ()
) -> Iterator[int]:
    """Run an application with the project's configuration in one process; return the port."""
    (folder / "slow_application.py").write_text(application)
    port = free_port()
    command = [
        *before,
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        "config/gunicorn.py",
        "--pythonpath",
        str(folder),
        *options,
    ]
    environment = os.environ | {"PORT": str(port), "WEB_CONCURRENCY": "1", "WEB_THREADS": str(THREADS)}
    with listening_process(
        [*command, "slow_application"], port=port, cwd=BACKEND_DIR, log=folder / "web.log", env=environment
    ):
        yield port


@contextmanager
def held(port: int, sent: bytes) -> Iterator[None]:
    """Hold many connections on which `sent` is all that comes, and nothing is read."""
    with ExitStack() as connections:
        for _ in range(HELD):
            connection = connections.enter_context(socket.socket())
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", port))
            connection.sendall(sent)
        yield


def answer(port: int) -> str:
    """Send a small body on a connection of its own, after all that was sent before it has arrived."""
    return requests.post(f"http://127.0.0.1:{port}/", data=b"12345", timeout=SECONDS).text


def read_until(connection: socket.socket, end: bytes) -> bytes:
    """Read an answer; its headers and its body may come one after the other."""
    text = b""
    while not text.endswith(end):
        more = connection.recv(4096)
        assert more, text
        text += more
    return text


def _connections(port: int) -> int:
    """Return how many connections the server has open."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    established = "01"
    return sum(line.split()[1] == f"0100007F:{port:04X}" and line.split()[3] == established for line in lines)


@pytest.mark.parametrize("kind", SLOW)
class TestSlowClients:
    def test_take_no_thread_of_a_bare_gunicorn(self, kind: str, tmp_path: Path) -> None:
        """As the images of Heroku and Railway run it."""
        with gunicorn(tmp_path) as port, held(port, SLOW[kind]):
            assert [answer(port) for _ in range(3)] == ["received 5"] * 3

    @needs_nginx
    def test_take_no_thread_behind_nginx(self, kind: str, tmp_path: Path) -> None:
        """Whatever the server behind it is: here one that a slow client stops."""
        (tmp_path / "web").mkdir()
        listen = free_port()
        with gunicorn(tmp_path / "web", "--worker-class", "gthread") as upstream:
            nginx = _command(_private_copy(tmp_path, listen=listen, upstream=upstream))
            with (
                listening_process(nginx, port=listen, cwd=tmp_path, log=tmp_path / "nginx.log"),
                held(listen, SLOW[kind]),
            ):
                assert [answer(listen) for _ in range(3)] == ["received 5"] * 3


def test_half_bodies_take_the_threads_of_gunicorn_itself(tmp_path: Path) -> None:
    """The twin: what config.web_worker is for."""
    with (
        gunicorn(tmp_path, "--worker-class", "gthread") as port,
        held(port, SLOW["bodies"]),
        pytest.raises(requests.Timeout),
    ):
        answer(port)


class TestBareGunicorn:
    @pytest.mark.parametrize(("size", "status"), [(LARGEST_BODY, 200), (LARGEST_BODY + 1, 413)])
    def test_takes_bodies_as_large_as_nginx_does(self, size: int, status: int, tmp_path: Path) -> None:
        with gunicorn(tmp_path) as port:
            answered = requests.post(f"http://127.0.0.1:{port}/", data=b"x" * size, timeout=SECONDS)
        assert answered.status_code == status

    @pytest.mark.parametrize("length", ["", "/streamed"])
    def test_answers_head_without_a_body(self, length: str, tmp_path: Path) -> None:
        """A client would take the body for the beginning of the next answer on the connection."""
        asked = f"HEAD {length or '/'} HTTP/1.1\r\nHost: a\r\n\r\n".encode()
        with gunicorn(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(asked + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answers = b"".join(iter(lambda: connection.recv(4096), b""))
        _, *after_head = answers.split(b"\r\n\r\n")
        # What has no length ends its connection.
        assert after_head == [b""] if length else after_head[0].startswith(b"HTTP/1.1 200")

    def test_answers_requests_that_came_at_once_in_turn(self, tmp_path: Path) -> None:
        """A client that reads what it asked for gets all of it."""
        with gunicorn(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(SLOW["readers"] * 4 + b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            answers = b"".join(iter(lambda: connection.recv(1_000_000), b""))
        assert answers.count(b"HTTP/1.1 200") == 5
        assert answers.count(b"x") == 4 * 8_000_000
        assert answers.endswith(b"received 0")

    def test_gives_up_readers_that_read_nothing(self, tmp_path: Path) -> None:
        with gunicorn(tmp_path, "--keep-alive", "1") as port, held(port, SLOW["readers that ask for more"]):
            assert answer(port) == "received 5"
            wait_until(lambda: _connections(port) == 0)

    def test_replaces_its_process_after_many_requests_and_loses_none(self, tmp_path: Path) -> None:
        with gunicorn(tmp_path, "--max-requests", "5", "--max-requests-jitter", "0") as port:
            assert [answer(port) for _ in range(12)] == ["received 5"] * 12
            text = text_with(tmp_path / "web.log", re.compile("(Autorestarting.*){2}", re.DOTALL))
        assert text.count("Booting worker") >= 2

    def test_warns_clients_that_keep_connections_before_its_process_is_replaced(self, tmp_path: Path) -> None:
        """Or the next request on the connection would be lost: a proxy sends no `POST` again."""
        with (
            gunicorn(tmp_path, "--max-requests", "2", "--max-requests-jitter", "0") as port,
            socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection,
        ):
            answers = []
            for _ in range(3):
                connection.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")
                answers.append(read_until(connection, b"received 1"))
                if len(answers) == 2:
                    text_with(tmp_path / "web.log", "Autorestarting")
            assert b"Connection: close" not in answers[0]
            assert b"Connection: close" in answers[2]
            assert connection.recv(4096) == b""

    def test_ends_a_body_that_is_on_its_way_when_it_is_stopped(self, tmp_path: Path) -> None:
        with gunicorn(tmp_path) as port, socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            connection.sendall(SLOW["bodies"])
            answer(port)  # so the other connection has been accepted
            started = re.search(r"Listening at: \S+ \((\d+)\)", text_with(tmp_path / "web.log", "Listening at"))
            assert started
            os.kill(int(started[1]), signal.SIGTERM)
            text_with(tmp_path / "web.log", "Handling signal: term")
            connection.sendall(b"x" * (1000 - len("begun")))
            assert read_until(connection, b"received 1000")

    def test_takes_as_many_files_as_it_may(self, tmp_path: Path) -> None:
        """Many systems give 1,024 at first: too few for 1,000 connections beside those to the database."""
        few = ("bash", "-c", 'ulimit -Sn 40; exec "$@"', "-")
        with gunicorn(tmp_path, before=few) as port, held(port, SLOW["bodies"]):
            assert answer(port) == "received 5"

    def test_answers_500_for_what_fails_outside_of_django(self, tmp_path: Path) -> None:
        """The log says what was asked for, without what names somebody."""
        with gunicorn(tmp_path, application=_FAILS) as port:
            address = f"http://127.0.0.1:{port}/nowhere/ann@example.com/"
            assert requests.get(address, timeout=SECONDS).status_code == 500
            text = text_with(tmp_path / "web.log", "GET /nowhere/[hidden]/ 500")
        assert "Error handling request /nowhere/[hidden]/" in text
        assert "Invalid request" not in text
        assert "ann@example.com" not in text
