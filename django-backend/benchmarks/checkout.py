"""A checkout of the product under test: its own servers, and web, worker and beat as the Procfile starts them."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psutil

from benchmarks.load import Address
from config.environment import BACKEND_DIR, PROJECT_DIR
from devtools.embedded import PostgresServer, RedisServer

_STARTUP_SECONDS: Final = 60
_SETTLING_SECONDS: Final = 30
_QUIET: Final = 0.05  # of a core: less than that is a process that waits
_CELERY: Final = ("celery", "--app", "config")
WORKER: Final = (*_CELERY, "worker", "--loglevel", "WARNING")
BEAT: Final = (*_CELERY, "beat", "--loglevel", "WARNING", "--schedule")
_CHANNEL: Final = "C0BENCHMARK"


@dataclass
class Checkout:
    """A running product: its address, what was seeded, and its processes by part."""

    name: str
    folder: Path
    environment: dict[str, str]
    slack: Path
    processes: dict[str, list[psutil.Process]] = field(default_factory=dict)
    address: Address = field(default_factory=lambda: Address("127.0.0.1", free_port()))
    seeded: dict[str, Any] = field(default_factory=dict)

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds that each part has used since it started."""
        return {part: sum(map(_cpu_of_tree, roots)) for part, roots in self.processes.items()}

    def settle(self) -> None:
        """Wait until workers and database have nothing left to do, so that their work counts for its requests."""
        deadline = time.monotonic() + _SETTLING_SECONDS
        before = sum(self.cpu().values())
        while time.monotonic() < deadline:
            time.sleep(0.5)
            now = sum(self.cpu().values())
            if now - before < _QUIET * 0.5:
                return
            before = now

    def run(self, stack: ExitStack, part: str, *command: str) -> None:
        """Start a program of the product, which ends with `stack`."""
        log = (self.folder / f"{self.name}-{part}.log").open("ab")
        stack.enter_context(log)
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=self.backend, env=self.environment, stdout=log, stderr=log
        )
        stack.callback(process.wait)
        stack.callback(process.terminate)
        self.processes.setdefault(part, []).append(psutil.Process(process.pid))

    def child(self, *command: str) -> str:
        """Run a module of the benchmarks inside the product, wait for it, and return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.backend, env=self.environment, stdout=subprocess.PIPE, check=True
        )
        return done.stdout.decode()

    @property
    def backend(self) -> str:
        """The folder of the product's code."""
        return self.environment["PYTHONPATH"]

    def serve(self, stack: ExitStack, application: str) -> None:
        """Start the web server and return when it answers.

        Raises:
            RuntimeError: it did not within a minute; the message ends with the last lines of its log.
        """
        address = f"{self.address.host}:{self.address.port}"
        self.run(stack, "web", "gunicorn", "--config", "config/gunicorn.py", "--bind", address, application)
        deadline = time.monotonic() + _STARTUP_SECONDS
        while self.processes["web"][-1].is_running() and time.monotonic() < deadline:
            with suppress(OSError), urllib.request.urlopen(self.address.url("/livez"), timeout=5):
                return
            time.sleep(0.1)
        log = (self.folder / f"{self.name}-web.log").read_text(errors="replace")
        raise RuntimeError(f"the web server did not start:\n{log[-2000:]}")


@contextmanager
def code_of(commit: str | None, folder: Path) -> Iterator[Path]:
    """Yield the backend folder of this checkout, or that of another commit with these benchmarks in it."""
    if commit is None:
        yield BACKEND_DIR
        return
    tree = folder / "against"
    git = ("git", "-C", str(PROJECT_DIR), "worktree")
    subprocess.run([*git, "add", "--quiet", "--detach", str(tree), commit], check=True)
    try:
        backend = tree / BACKEND_DIR.relative_to(PROJECT_DIR)
        shutil.rmtree(backend / "benchmarks", ignore_errors=True)
        shutil.copytree(Path(__file__).parent, backend / "benchmarks")
        yield backend
    finally:
        subprocess.run([*git, "remove", "--force", str(tree)], check=True)


@contextmanager
def running(name: str, backend: Path, folder: Path, *, durable: bool, seeding: Mapping[str, int]) -> Iterator[Checkout]:
    """Start everything on a database that was filled in, and end it with the block."""
    with ExitStack() as stack:
        state = folder / name
        state.mkdir(mode=0o711)
        postgres = PostgresServer(state / "postgres", throw_away=not durable)
        redis_server = RedisServer(state / "redis", throw_away=not durable)
        for server in (postgres, redis_server):
            stack.callback(server.stop)
            server.start()
        environment = environment_of(backend, database_url=postgres.url, redis_url=redis_server.url)
        checkout = Checkout(name, folder, environment, state / "slack")
        for part, server in (("PostgreSQL", postgres), ("Redis", redis_server)):
            if server.process is not None:
                checkout.processes[part] = [psutil.Process(server.process.pid)]
        arguments = [argument for option, value in seeding.items() for argument in (f"--{option}", str(value))]
        checkout.seeded = json.loads(checkout.child("benchmarks.prepare", *arguments))
        start_slack(stack, checkout)
        checkout.serve(stack, "config.wsgi")
        checkout.run(stack, "Celery", *WORKER)
        checkout.run(stack, "Celery", *BEAT, str(state / "beat"))
        checkout.settle()
        yield checkout


def environment_of(backend: Path, *, database_url: str, redis_url: str) -> dict[str, str]:
    """Return the whole environment of the processes of a backend folder."""
    production = production_environment(database_url=database_url, redis_url=redis_url)
    return os.environ | production | {"PYTHONPATH": str(backend)}


def production_environment(*, database_url: str, redis_url: str) -> dict[str, str]:
    """Return the variables with which production starts; what differs from it is said here.

    Plain http instead of a redirect to https, no mails, and a limit that counts requests as always but refuses none.
    Messages wait for one second, not thirty.
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
        "MARKET_THROTTLE": "100000000/minute",
        "HEALTH_CHECK_TOKEN": secrets.token_urlsafe(30),
        "STRIPE_SECRET_KEY": "sk_test_benchmark",  # payments begin, and nobody is called
        "STRIPE_TEST_KEY_ALLOWED": "True",
        "STRIPE_WEBHOOK_SECRETS": "whsec_benchmark",
        "CELERY_AGGREGATED_SLACK_NOTIFICATION_COUNTDOWN": "1",
    }


def start_slack(stack: ExitStack, checkout: Checkout) -> None:
    """Start a local Slack and let the environment of the checkout lead there."""
    port, token, secret = free_port(), f"xoxb-{secrets.token_hex(12)}", secrets.token_hex(16)
    checkout.environment |= {
        "STT_NOTIFICATIONS_BOT_API_TOKEN": token,
        "STT_NOTIFICATIONS_CHANNEL_ID": _CHANNEL,
        "SLACK_SIGNING_SECRET": secret,
        "SLACK_API_URL": f"http://127.0.0.1:{port}/api/",
    }
    options = {"port": port, "database": checkout.slack, "signing-secret": secret, "token": token}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    checkout.run(stack, "Slack", "sandbox.slack", *arguments, f"--channel={_CHANNEL}=triage")


def _cpu_of_tree(root: psutil.Process) -> float:
    """Return the CPU seconds of a process and its descendants; those that have ended count with who waited for them."""
    total = 0.0
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
