"""Django's own commands work on this project: migrations in both directions, the development server."""

import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

from config.environment import BACKEND_DIR
from config.tests.processes import free_port, listening_process
from devtools.embedded import throw_away_services

pytestmark = pytest.mark.stack
OUR_APPS = sorted(
    app.label
    for app in apps.get_app_configs()
    if app.name.startswith("apps.") and (Path(app.path) / "migrations").is_dir()
)


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """Environment of a command on a migrated database of its own."""
    with throw_away_services() as (postgres, redis):
        yield os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
        }


def manage(environment: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


_TO_ZERO_AND_BACK = """
import sys, django
django.setup()
from django.core.management import call_command
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
for app in sys.argv[1:]:
    call_command("migrate", app, "zero", verbosity=0)
    print(f"{app}:{sum(label == app for label, _ in MigrationRecorder(connection).applied_migrations())}")
call_command("migrate", verbosity=0)
print(",".join({label for label, _ in MigrationRecorder(connection).applied_migrations()}))
"""


class TestMigrations:
    def test_lead_to_zero_and_back(self, environment: dict[str, str]) -> None:
        """S2-23, S3-47: each app to zero with what depends on it, and forward again.

        The servers' own database was made from an empty one; test_run_local.py begins with an empty one too.
        """
        # In one process: what takes long is starting Django, not migrating.
        done = subprocess.run(
            [sys.executable, "-c", _TO_ZERO_AND_BACK, *OUR_APPS],
            cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        *gone, back = done.stdout.split()
        assert gone == [f"{app}:0" for app in OUR_APPS]
        assert set(OUR_APPS) <= set(back.split(","))

    def test_are_complete(self, environment: dict[str, str]) -> None:
        """S2-23."""
        assert "No changes detected" in manage(environment, "makemigrations", "--check", "--dry-run")


class TestRunserverPlus:
    def test_answers(self, environment: dict[str, str], tmp_path: Path) -> None:
        """S2-24."""
        port = free_port()
        command = [sys.executable, "manage.py", "runserver_plus", f"127.0.0.1:{port}"]
        with (
            listening_process(command, port=port, cwd=BACKEND_DIR, log=tmp_path / "log", env=environment),
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=20) as answer,
        ):
            assert b"<h1>Season Tickets Tech</h1>" in answer.read()


class TestEntryPoints:
    @pytest.mark.parametrize("module", ["config.wsgi", "config.asgi"])
    def test_know_every_task_in_every_thread(self, module: str) -> None:
        """A fresh web process: requests run in threads that did not import the application, and find tasks by name."""
        program = f"""
import threading, {module}
from celery import current_app
known = []
thread = threading.Thread(target=lambda: known.append("notifications.deliver_outbox" in current_app.tasks))
thread.start(); thread.join()
print(known)
"""
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "config.settings.test"}
        done = subprocess.run(
            [sys.executable, "-c", program],
            check=True,
            cwd=BACKEND_DIR,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.stdout == "[True]\n"
