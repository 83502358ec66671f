"""The way of one mail through real processes: a committed fact, Redis, a Celery worker."""

import os
import subprocess
import sys
import time
from pathlib import Path

import psycopg2
import pytest

from config.embedded import throw_away_services
from config.environment import BACKEND_DIR
from config.tests.test_health_stack import Worker

# A web process in short: it imports no tasks before it needs one.
PUT = """
import django; django.setup()
from django.db import transaction
from django.utils import timezone
from apps.notifications.services import NewMail, mail_put_many
from apps.users.models import User
user = User.objects.create_user("pat@example.com")
context = {"event": "Team A at Team B", "note": "Snow", "listed": ["section 101, row A, seat 1"]}
with transaction.atomic():
    mail_put_many(mails=[NewMail(user_id=user.id, template="event_postponed", context=context)], now=timezone.now())
"""


@pytest.mark.stack
def test_a_worker_sends_what_was_committed(tmp_path: Path) -> None:
    """S3-53, DESIGN rules 6 and 7: the worker hears of it after the commit, without waiting for beat."""
    with throw_away_services() as (postgres, redis):
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "EMAIL_URL": "consolemail://",
            "DJANGO_DEBUG": "False",
        }
        for name in ("DJANGO_DATABASES", "DJANGO_CACHES", "CELERY_BROKER_URL"):
            environment.pop(name, None)
        for command in (["manage.py", "migrate", "--verbosity", "0"], ["-c", PUT]):
            subprocess.run([sys.executable, *command], cwd=BACKEND_DIR, env=environment, check=True)
        worker = Worker(environment, tmp_path / "worker.log")
        worker.start()
        try:
            assert delivered(postgres.url, 1), worker.log.read_text(errors="replace")
        finally:
            worker.stop()
    log = worker.log.read_text(errors="replace")
    assert log.count("To: pat@example.com") == 1
    assert "Subject: Postponed: Team A at Team B" in log


def delivered(url: str, count: int, *, seconds: float = 40) -> bool:
    """Return whether the outbox tells `count` messages as delivered within so many seconds."""
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        deadline = time.monotonic() + seconds
        while True:
            with connection.cursor() as cursor:
                cursor.execute("SELECT count(*) FROM notifications_outboxmessage WHERE delivered_at IS NOT NULL")
                if cursor.fetchone() == (count,):
                    return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
    finally:
        connection.close()
