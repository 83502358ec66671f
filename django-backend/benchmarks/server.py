"""The server under test: gunicorn with production's settings and configuration, on servers of its own."""

import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks.load import Address
from config.environment import BACKEND_DIR

_STARTUP_SECONDS: Final = 60


def production_environment(*, database_url: str, redis_url: str) -> dict[str, str]:
    """Return the variables with which production starts; what differs from it is said here.

    Plain http instead of a redirect to https, no mails, and a limit that counts requests as always but refuses none.
    """
    return {
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(60),
        "DJANGO_DEBUG": "False",
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "DJANGO_DEFAULT_FROM_EMAIL": "noreply@tickets.example.com",
        "DJANGO_SERVER_EMAIL": "noreply@tickets.example.com",
        "DJANGO_SECURE_SSL_REDIRECT": "False",
        "EMAIL_URL": "dummymail://",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "API_THROTTLE_ANON": "100000000/hour",
        "API_THROTTLE_USER": "100000000/hour",
    }


@contextmanager
def web_server(log: Path) -> Iterator[Address]:
    """Run gunicorn on a free port until the block ends; the block starts when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = Address("127.0.0.1", probe.getsockname()[1])
    command = [sys.executable, "-m", "gunicorn", "--config", "config/gunicorn.py", "config.wsgi"]
    command += ["--bind", f"{address.host}:{address.port}"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=BACKEND_DIR, env=os.environ, stdout=output, stderr=output)
    try:
        _wait(process, address, log)
        yield address
    finally:
        process.terminate()
        process.wait()


def _wait(process: "subprocess.Popen[bytes]", address: Address, log: Path) -> None:
    deadline = time.monotonic() + _STARTUP_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), urllib.request.urlopen(f"http://{address.host}:{address.port}/livez", timeout=5):
            return
        time.sleep(0.1)
    raise RuntimeError(f"the web server did not start:\n{log.read_text(errors='replace')[-2000:]}")
