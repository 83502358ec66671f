"""RabbitMQ instead of Redis as the broker: only an address changes, and an outage of it loses nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.embedded import throw_away_services
from config.environment import BACKEND_DIR
from config.tests.rabbitmq import throw_away_rabbitmq
from config.tests.test_health_stack import Worker
from config.tests.test_outbox_worker import PUT, delivered

PUT_ANOTHER = PUT.replace("create_user(", "get(email=")


@pytest.mark.stack
def test_messages_outlive_an_outage_of_the_broker(tmp_path: Path) -> None:
    """S4-13, S4-16: worker and beat over AMQP; what is committed while RabbitMQ is away is told afterwards."""
    with throw_away_rabbitmq() as rabbit, throw_away_services() as (postgres, redis):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "CELERY_BROKER_URL": rabbit.url,
            "EMAIL_URL": "consolemail://",
            "DJANGO_DEBUG": "False",
        }
        for name in ("DJANGO_DATABASES", "DJANGO_CACHES"):
            environment.pop(name, None)
        run(environment, "manage.py", "migrate", "--verbosity", "0")
        with worker_and_beat(environment, tmp_path) as worker:
            run(environment, "-c", PUT)
            assert delivered(postgres.url, 1), worker.log.read_text(errors="replace")
            assert {"default", "notifications"} <= rabbit.queues().keys()
            assert rabbit.exchanges()["default"] == "direct"
            port = rabbit.port
            rabbit.stop()
            run(environment, "-c", PUT_ANOTHER)  # the broker's absence is logged and fails nothing
            assert not delivered(postgres.url, 2, seconds=0)
            rabbit.start(port=port)
            assert delivered(postgres.url, 2), worker.log.read_text(errors="replace")
    assert worker.log.read_text(errors="replace").count("To: pat@example.com") == 2


def run(environment: Mapping[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=BACKEND_DIR, env=environment, check=True, timeout=60)


@contextmanager
def worker_and_beat(environment: dict[str, str], folder: Path) -> Iterator[Worker]:
    worker = Worker(environment, folder / "worker.log")
    beat = [sys.executable, "-m", "celery", "--app", "config", "beat", "--schedule", str(folder / "beat")]
    worker.start()
    with (folder / "beat.log").open("ab") as log:
        process = subprocess.Popen(beat, cwd=BACKEND_DIR, env=environment, stdout=log, stderr=log)
    try:
        yield worker
    finally:
        process.terminate()
        process.wait(30)
        worker.stop()
