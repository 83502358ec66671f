"""The way of a mail through real processes: a committed fact, Redis or RabbitMQ, a Celery worker."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg2
import pytest
from kombu import Connection

from config.environment import BACKEND_DIR
from config.tests.processes import Worker, beat_process, stack_environment, wait_until
from config.tests.rabbitmq import throw_away_rabbitmq
from devtools.embedded import throw_away_services

# A web process in short: it imports no tasks before it needs one.
_PUT = """
import sys
import django; django.setup()
from django.db import transaction
from django.utils import timezone
from apps.notifications.services.mail import NewMail, mail_put_many
from apps.users.models import User
user = User.objects.create_user(sys.argv[1])
context = {"event": "Team A at Team B", "note": "Snow", "listed": ["section 101, row A, seat 1"]}
with transaction.atomic():
    mail_put_many(mails=[NewMail(user_id=user.id, template="event_postponed", context=context)], now=timezone.now())
"""
pytestmark = pytest.mark.stack


def test_a_worker_sends_what_was_committed(tmp_path: Path) -> None:
    """S3-53: the worker gets the task after the commit, without waiting for beat."""
    with throw_away_services() as (postgres, redis):
        environment = stack_environment(postgres, redis, EMAIL_URL="consolemail://")
        _run(environment, "-c", _PUT, "pat@example.com")
        worker = Worker(environment, tmp_path / "worker.log")
        with worker.running():
            _wait_for(postgres.url, 1, worker)
    log = worker.log.read_text(errors="replace")
    assert log.count("To: pat@example.com") == 1
    assert "Subject: Postponed: Team A at Team B" in log


def test_an_outage_of_rabbitmq_loses_nothing(tmp_path: Path) -> None:
    """S4-13, S4-16: RabbitMQ by its address alone; the sweep delivers what is committed while it is away."""
    with throw_away_rabbitmq() as rabbit, throw_away_services() as (postgres, redis):
        environment = stack_environment(postgres, redis, CELERY_BROKER_URL=rabbit.url, EMAIL_URL="consolemail://")
        worker = Worker(environment, tmp_path / "worker.log")
        with worker.running(), beat_process(environment, tmp_path):
            _run(environment, "-c", _PUT, "pat@example.com")
            _wait_for(postgres.url, 1, worker)
            with Connection(rabbit.url) as connection:
                channel = connection.default_channel
                # Passive: fails for what is not there. Then as it should be: fails for an exchange of another type.
                for name in ("default", "notifications"):
                    channel.queue_declare(name, passive=True)
                channel.exchange_declare("default", type="direct", passive=True)
                channel.exchange_declare("default", type="direct", durable=True, auto_delete=False)
            port = rabbit.port
            rabbit.stop()
            _run(environment, "-c", _PUT, "sam@example.com")  # logs that the broker is away, and fails nothing
            assert _delivered(postgres.url) == 1
            rabbit.start(port=port)
            _wait_for(postgres.url, 2, worker)
    log = worker.log.read_text(errors="replace")
    assert [log.count(f"To: {name}@example.com") for name in ("pat", "sam")] == [1, 1]


def _run(environment: Mapping[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], cwd=BACKEND_DIR, env=environment, check=True, timeout=60)


def _wait_for(url: str, count: int, worker: Worker) -> None:
    wait_until(lambda: _delivered(url) == count, details=lambda: worker.log.read_text(errors="replace"))


def _delivered(url: str) -> int:
    connection = psycopg2.connect(url)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM notifications_outboxmessage WHERE delivered_at IS NOT NULL")
            return int(cursor.fetchone()[0])
    finally:
        connection.close()
