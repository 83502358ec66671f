"""django-backend/tasks.py: everyday work by one word."""

import os
import re
import subprocess
from pathlib import Path

import psycopg2
import pytest
import requests

from config.environment import BACKEND_DIR
from config.tests.deployed import PROGRAMS
from config.tests.processes import free_port, listening_process
from devtools.embedded import throw_away_services

INVOKE = str(PROGRAMS / "invoke")
_OF_THE_SUITE = ("DJANGO_DATABASES", "DJANGO_CACHES", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE")


def test_says_what_it_can_do() -> None:
    """S1-02: run, test and init_db."""
    done = subprocess.run([INVOKE, "--list"], cwd=BACKEND_DIR, capture_output=True, text=True, check=True)
    assert set(re.findall(r"^  (\S+)", done.stdout, re.MULTILINE)) == {"run", "test", "init-db"}


@pytest.mark.stack
def test_fills_a_database_and_serves_it(tmp_path: Path) -> None:
    """S1-02, S1-03: twice the same, then a page."""
    with throw_away_services(migrated=False) as (postgres, redis):
        environment = {name: value for name, value in os.environ.items() if name not in _OF_THE_SUITE}
        environment |= {
            "PATH": f"{PROGRAMS}:{os.environ['PATH']}", "DATABASE_URL": postgres.url, "REDIS_URL": redis.url,
        }  # fmt: skip
        for _ in range(2):
            subprocess.run([INVOKE, "init-db"], cwd=BACKEND_DIR, env=environment, check=True, capture_output=True)
        connection = psycopg2.connect(postgres.url)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) > 100 FROM catalog_team")
            assert cursor.fetchone() == (True,)
        connection.close()
        port = free_port()
        serve = [INVOKE, "run", "--port", str(port)]
        log = tmp_path / "run.log"
        with listening_process(serve, port=port, cwd=BACKEND_DIR, log=log, env=environment):
            assert "<h1>Season Tickets Tech</h1>" in requests.get(f"http://127.0.0.1:{port}/", timeout=60).text
