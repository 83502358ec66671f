"""A Python client made from docs/openapi.yaml: strictly typed, and good for the README's tour."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import current_app
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.sample_season import sample_season_load
from apps.users.testing.factories import PASSWORD, UserFactory
from config.tests.clients import __file__ as clients
from config.tests.described_answers import DESCRIPTION

PACKAGE = "season_tickets_client"
CONFIG = f"""
project_name_override: season-tickets-client
package_name_override: {PACKAGE}
post_hooks: []
content_type_overrides:
  application/pdf: application/octet-stream
"""


def python(folder: Path, *arguments: str | Path) -> None:
    """Run a module or script in the folder of the client; its output says why it failed."""
    run = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.fixture
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the generated package and the tour."""
    root = tmp_path_factory.mktemp("python-client")
    (root / "config.yaml").write_text(CONFIG, encoding="utf-8")
    options = ("--config", "config.yaml", "--output-path", "made", "--fail-on-warning")
    python(root, "-m", "openapi_python_client", "generate", "--path", DESCRIPTION, *options)
    shutil.move(root / "made" / PACKAGE, root / PACKAGE)
    shutil.copy(Path(clients).with_name("tour.py"), root / "tour.py")
    return root


@pytest.fixture
def _worker_in_the_process() -> Iterator[None]:
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


class TestPythonClient:
    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("_worker_in_the_process")
    def test_is_strictly_typed_and_walks_the_tour(
        self, folder: Path, tmp_path: Path, live_server: LiveServer, settings: Settings
    ) -> None:
        """Every answer has the type that the description gives it, failures and limits included."""
        # Without a cache, which nobody would read again.
        python(folder, "-m", "mypy", "--strict", "--config-file", "", "--cache-dir", os.devnull, PACKAGE, "tour.py")
        settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
        settings.EMAIL_FILE_PATH = tmp_path
        settings.API_THROTTLES = {"anon": None, "user": (60, 3600)}
        reference_data_load()
        sample_season_load(now=timezone.now())
        staff = UserFactory(superuser=True)
        python(folder, "tour.py", live_server.url, tmp_path, staff.email, PASSWORD)
