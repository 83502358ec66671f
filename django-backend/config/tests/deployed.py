"""The product as a production machine has it: folder, variables, and a load of requests while it is exchanged."""

import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from config.api_description import DESCRIPTION
from config.environment import BACKEND_DIR

PROGRAMS = Path(sys.executable).parent
BEHIND_PROXY = {"Host": "www.example.com", "X-Forwarded-Proto": "https"}
_OF_DEVELOPMENT = ("benchmarks", "devtools", "sandbox", "tasks.py")
_NOT_IN_IMAGES = (".env*", ".*_cache", "__pycache__", "tests", "conftest.py", "media", "staticfiles", *_OF_DEVELOPMENT)


def copy_of_backend(folder: Path, collect: str) -> Path:
    """Return the application folder of the production images: what .dockerignore lets in, static files by `collect`."""
    copy = folder / "django-backend"
    shutil.copytree(BACKEND_DIR, copy, ignore=shutil.ignore_patterns(*_NOT_IN_IMAGES))
    (folder / "docs").mkdir()
    shutil.copy(DESCRIPTION, folder / "docs")
    build = {"PATH": f"{PROGRAMS}:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["/bin/sh", "-c", collect], check=False, cwd=copy, env=build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return copy


def production_variables() -> dict[str, str]:
    """Return the variables of a production process: this suite's own servers and a fresh key."""
    return {
        "PATH": f"{PROGRAMS}:/usr/bin:/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "DJANGO_SETTINGS_MODULE": "config.settings.production",
        "DJANGO_SECRET_KEY": secrets.token_urlsafe(64),
        "DJANGO_ALLOWED_HOSTS": ".example.com",
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": os.environ["REDIS_URL"],
        "EMAIL_URL": "consolemail://",
        "WEB_CONCURRENCY": "1",
    }


class Load:
    """What came of the requests of `under_load`: how many were answered, and every failure in words."""

    def __init__(self) -> None:
        self.answered = 0
        self.failures: list[str] = []
        self._lock = threading.Lock()

    def note(self, failure: str | None) -> None:
        """Count one request."""
        with self._lock:
            if failure is None:
                self.answered += 1
            else:
                self.failures.append(failure)


@contextmanager
def under_load(ask: Callable[[], None], *, threads: int = 4) -> Iterator[Load]:
    """Call `ask` again and again in some threads until the block ends; what it raises is a failure."""
    load, over = Load(), threading.Event()

    def work() -> None:
        while not over.is_set():
            try:
                ask()
            except Exception as error:  # noqa: BLE001 - every kind is a lost request
                load.note(repr(error))
            else:
                load.note(None)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    try:
        yield load
    finally:
        over.set()
        for worker in workers:
            worker.join(30)
