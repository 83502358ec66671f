"""Processes that tests start: on a free port, waited for, and ended again."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from config.environment import BACKEND_DIR
from devtools.embedded import PostgresServer, RedisServer
from devtools.ports import free_port as free_port  # noqa: PLC0414 - for the tests

STARTUP_SECONDS = 30
PATIENCE_SECONDS = 60  # far more than anything needs; only a test that fails waits so long
_CELERY = (sys.executable, "-m", "celery", "--app", "config")
# Each of them would win over the two addresses that a stack has of its own.
_OF_THE_SUITE = ("DJANGO_DATABASES", "DJANGO_CACHES", "CELERY_BROKER_URL")

_Found = TypeVar("_Found")


def wait_until(
    condition: Callable[[], _Found], *, details: Callable[[], object] = lambda: None, seconds: float = PATIENCE_SECONDS
) -> _Found:
    """Ask until `condition` returns something true, and return that.

    Raises:
        AssertionError: it did not within `seconds`; the message is what `details` returns, and what was found last.
    """
    begin = asked = time.monotonic()
    while not (found := condition()):
        now = time.monotonic()
        assert now < begin + seconds, f"{details() or 'It did not come true'}; found last: {found!r}"
        # An answer that takes long is asked for less often: what it is about needs the processor, too.
        time.sleep(max(0.1, now - asked))
        asked = time.monotonic()
    return found


def text_with(log: Path, wanted: str | re.Pattern[str]) -> str:
    """Return the whole text of a log as soon as `wanted` is in it: servers write a line after they have answered."""

    def text() -> str:
        return log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""

    def complete() -> str:
        read = text()
        return read if (wanted in read if isinstance(wanted, str) else wanted.search(read)) else ""

    return wait_until(complete, details=lambda: f"{wanted!r} is not in {log.name}:\n{text()}")


def stack_environment(postgres: PostgresServer, redis: RedisServer, **variables: str) -> dict[str, str]:
    """Return the environment of processes with the local settings that work on these servers, with more `variables`."""
    inherited = {name: value for name, value in os.environ.items() if name not in _OF_THE_SUITE}
    local = {"DJANGO_SETTINGS_MODULE": "config.settings.local", "DJANGO_DEBUG": "False", "WEB_CONCURRENCY": "1"}
    return inherited | local | {"DATABASE_URL": postgres.url, "REDIS_URL": redis.url} | variables


class Worker:
    """A Celery worker in a process of its own."""

    def __init__(self, environment: dict[str, str], log: Path) -> None:
        self.environment, self.log = environment, log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [*_CELERY, "worker", "--concurrency", "1", "--loglevel", "INFO"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=BACKEND_DIR, env=self.environment, stdout=log, stderr=log)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(120)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let it work until the block ends."""
        self.start()
        try:
            yield
        finally:
            self.stop()


@contextmanager
def beat_process(environment: Mapping[str, str], folder: Path) -> Iterator[None]:
    """Run a Celery beat until the block ends; its log and its memory go to `folder`."""
    command = [*_CELERY, "beat", "--schedule", str(folder / "beat")]
    with (folder / "beat.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=BACKEND_DIR, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)


@contextmanager
def listening_process(
    command: Sequence[str], *, port: int, cwd: Path, log: Path, env: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `command` until the block ends; the block starts when `port` takes connections."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdout=output, stderr=output, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        _wait(process, port, log)
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)  # its children too: a reloader does not end its own
        process.wait(120)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"{process.args!r} does not listen on port {port}:\n{log.read_text(errors='replace')}")
