"""A PostgreSQL data folder in which the migrations have run, kept beside the data of the local product.

Throw-away servers start from a copy of it: that takes a fiftieth of the time of `initdb` and `migrate`. It belongs to
one state of the migrations and the packages; another state makes another one. `migrate` on a copy is still right, and
quick.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from config.environment import BACKEND_DIR, PROJECT_DIR
from devtools.server_account import Account, EmbeddedServiceError, state_folder

_PREFIX: Final = "migrated-"
_COPIED: Final = ("data", "password")


def copy_migrated(folder: Path, account: Account, server: Callable[[Path], AbstractContextManager[str]]) -> None:
    """Put the data and the password of a migrated server into `folder`, which belongs to `account`.

    `server` runs one in a folder and gives its address; it is needed when the migrations have changed.

    Raises:
        EmbeddedServiceError: the migrations fail; the message ends with what they say.
    """
    state = state_folder(PROJECT_DIR)
    kept = state / f"{_PREFIX}{_digest()}"
    with (state / "migrated.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            for old in state.glob(f"{_PREFIX}*"):
                shutil.rmtree(old)
            unfinished = state / f"{_PREFIX}unfinished"
            with server(unfinished) as address:
                _migrate(address)
            unfinished.rename(kept)
        copy = ["cp", "-Rp", *(str(kept / name) for name in _COPIED), str(folder)]
        subprocess.run(copy, check=True, **account.popen_options())  # noqa: S603 - our own program and arguments


def _digest() -> str:
    digest = hashlib.sha256()
    for path in (PROJECT_DIR / "dev-requirements.txt", *sorted(BACKEND_DIR.glob("apps/*/migrations/*.py"))):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def _migrate(address: str) -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings.test", "DATABASE_URL": address}
    environment |= {"DJANGO_DATABASES": "", "REDIS_URL": "redis://127.0.0.1:9/0"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    done = subprocess.run(  # noqa: S603 - our own command
        command, cwd=BACKEND_DIR, env=environment, stderr=subprocess.PIPE, text=True, check=False
    )
    if done.returncode != 0:
        raise EmbeddedServiceError(f"The migrations failed:\n{done.stderr.strip()}")
