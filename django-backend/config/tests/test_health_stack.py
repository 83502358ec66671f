"""The health check against real services: each is stopped in turn, and only its own row fails."""

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
from redis import Redis

from config.environment import BACKEND_DIR
from config.tests.processes import Worker, free_port, listening_process, stack_environment, wait_until
from devtools.embedded import PostgresServer, RedisServer, throw_away_services

TOKEN = "stack-token"
SERVICES = ("Database", "Cache", "Celery")
pytestmark = pytest.mark.stack


class Stack:
    """A web server and a worker on their own PostgreSQL and Redis."""

    def __init__(self, port: int, postgres: PostgresServer, redis: RedisServer, worker: Worker) -> None:
        self.port, self.postgres, self.redis, self.worker = port, postgres, redis, worker

    def status(self) -> tuple[int, dict[str, str], float]:
        """Return HTTP status, state by service and the seconds that the answer took."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/health-check/?format=json", headers={"Authorization": TOKEN}
        )
        begin = time.monotonic()
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                status, body = answer.status, answer.read()
        except urllib.error.HTTPError as error:
            status, body = error.code, error.read()
        seconds = time.monotonic() - begin
        found = {name: service["status"] for name, service in json.loads(body).items()}
        # Invariants follow; no beat runs here, so what they say is that nobody has checked them yet.
        assert {found[name] for name in found if name not in SERVICES} <= {"unknown"}
        return status, {name: found[name] for name in SERVICES}, seconds

    def forgotten(self) -> int:
        """Forget what workers have said, as if its time were over; return how many seconds it had at most."""
        with Redis.from_url(self.redis.url) as client:
            keys = list(client.scan_iter("*monitoring:served:*"))
            left = [int(client.ttl(key)) for key in keys]  # type: ignore[arg-type]
            assert len(client.keys("*monitoring:served:*")) == client.delete(*keys) == 3  # type: ignore[arg-type]
        return max(left)

    def wait_until_green(self) -> None:
        wait_until(lambda: self.status()[0] == 200, details=self.status)


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("stack")
    with throw_away_services() as (postgres, redis):
        port = free_port()
        environment = stack_environment(
            postgres,
            redis,
            HEALTH_CHECK_TOKEN=TOKEN,
        )
        worker = Worker(environment, folder / "worker.log")
        worker.start()
        web = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "config/gunicorn.py",
            "--bind",
            f"127.0.0.1:{port}",
            "config.wsgi",
        ]
        with listening_process(web, port=port, cwd=BACKEND_DIR, log=folder / "web.log", env=environment):
            running = Stack(port, postgres, redis, worker)
            running.wait_until_green()
            yield running
        worker.stop()


def assert_only_failing(stack: Stack, name: str, **others: str) -> None:
    status, services, seconds = stack.status()
    assert status == 500
    assert services == {"Database": "working", "Cache": "working", "Celery": "working", name: "failing", **others}
    assert seconds < 5, "a dead service is reported within 5 seconds"


class TestHealthCheck:
    def test_is_green_while_everything_runs(self, stack: Stack) -> None:
        """S3-30, S3-32, S3-33."""
        stack.wait_until_green()
        assert stack.status()[1] == {"Database": "working", "Cache": "working", "Celery": "working"}

    def test_names_a_dead_database_only(self, stack: Stack) -> None:
        """S3-34."""
        stack.wait_until_green()
        stack.postgres.stop()
        try:
            assert_only_failing(stack, "Database")
        finally:
            stack.postgres.start(port=stack.postgres.port)

    def test_names_a_dead_worker_only(self, stack: Stack) -> None:
        """S3-34: killed, so it says no word; what it has said is forgotten within half a minute."""
        stack.wait_until_green()
        assert stack.worker.process is not None
        stack.worker.process.kill()
        stack.worker.process.wait(120)
        try:
            assert stack.forgotten() <= 30
            assert_only_failing(stack, "Celery")
        finally:
            stack.worker.start()
        stack.wait_until_green()

    def test_raises_no_alarm_for_a_worker_that_is_too_busy_to_answer(self, stack: Stack) -> None:
        """Stopped in its tracks, it would answer no ping; that lasts for longer than half a minute: then it is dead."""
        stack.wait_until_green()
        assert stack.worker.process is not None
        os.kill(stack.worker.process.pid, signal.SIGSTOP)
        try:
            assert [stack.status()[0] for _ in range(5)] == [200] * 5
            stack.forgotten()
            assert_only_failing(stack, "Celery")
        finally:
            os.kill(stack.worker.process.pid, signal.SIGCONT)
        stack.wait_until_green()

    def test_names_a_dead_redis_only(self, stack: Stack) -> None:
        """S3-34: the broker is the same Redis, so nobody can ask the worker; that is unknown, not failing."""
        stack.wait_until_green()
        stack.redis.stop()
        try:
            assert_only_failing(stack, "Cache", Celery="unknown")
        finally:
            stack.redis.start(port=stack.redis.port)
        stack.wait_until_green()

    def test_names_a_database_that_hangs(self, stack: Stack) -> None:
        """S3-34: stopped in its tracks instead of ended: connections are taken but never answered."""
        stack.wait_until_green()
        assert stack.postgres.process is not None
        os.killpg(stack.postgres.process.pid, signal.SIGSTOP)
        try:
            assert_only_failing(stack, "Database")
        finally:
            os.killpg(stack.postgres.process.pid, signal.SIGCONT)
