"""What a second terminal must know of the product that run_local.sh runs: the variables by which it was started.

The supervisor notes them in its state folder, readable by its own account only, because there are passwords and keys
among them: with another DJANGO_SECRET_KEY or DATA_ENCRYPTION_KEYS a command would write what the web cannot read, and
without the credentials of Slack and mail `deliver_outbox` would count as delivered what nobody got. The tokens of
GitHub and Rollbar are left out: without them there is no report, and nothing is written that is wrong.

The note counts while the supervisor holds the lock beside it. The lock ends with that process, also with `kill -9`.

`python -m devtools.running_product` prints the database's address and the folder of the programs that fit it.
"""

import fcntl
import json
import os
import sys
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import ClassVar, Final

import environ

from config.environment import BACKEND_DIR, PROJECT_DIR, source_of
from config.variables import VARIABLES
from devtools.server_account import EmbeddedServiceError, state_folders

# Folder of psql, pg_dump and pg_restore as new as the server: those of the machine may be older, or missing.
PROGRAMS: Final = "PG_BIN"
_NOT_NOTED: Final = {"GITHUB_ACCESS_TOKEN", "ROLLBAR_ACCESS_TOKEN"}
_NOTED: Final = {PROGRAMS, *(name for variable in VARIABLES for name in variable.names)} - _NOT_NOTED
_DATABASE: Final = "DJANGO_DATABASES"

_OTHERWISE: Final = "or set DATABASE_URL and REDIS_URL."
_NOT_RUNNING: Final = f"shell_scripts/run_local.sh is not running: start it in another terminal, {_OTHERWISE}"
_STARTING: Final = "shell_scripts/run_local.sh is still starting: wait until it says `ready`."
_OF_ANOTHER: Final = f"shell_scripts/run_local.sh runs under the account {{owner}}: use that one, {_OTHERWISE}"
_DAMAGED: Final = "{path} is damaged: stop shell_scripts/run_local.sh and start it again."
_OPEN: Final = "Others may read or change {path}: stop shell_scripts/run_local.sh and start it again."

# Bytes of the lock file. A supervisor takes the first against other supervisors; commands look at the second alone, so
# that none of them makes a supervisor believe that there is another.
_STARTS, _RUNS = 0, 1
# Folders of this process. It must not look at their locks: closing the file would end them.
_claimed_here: Final[set[Path]] = set()


class _EnvFile(environ.Env):
    """Reads a file of variables without the environment."""

    ENVIRON: ClassVar[dict[str, str]] = {}


def claim(stack: ExitStack, state: Path) -> None:
    """Be the one supervisor of `state` until `stack` ends: two would stop each other's servers.

    Raises:
        EmbeddedServiceError: another one runs.
    """
    lock = stack.enter_context((state / "lock").open("w"))
    try:
        # Held by this process alone: processes that it forks may outlive it and would keep a lock of flock().
        fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _STARTS)
    except OSError:
        raise EmbeddedServiceError("The product is running already from this folder: stop that one first.") from None
    fcntl.lockf(lock, fcntl.LOCK_EX, 1, _RUNS)  # waits for a command that is checking it
    _claimed_here.add(state)
    stack.callback(_claimed_here.discard, state)
    note = _note(state)
    note.unlink(missing_ok=True)  # left by a supervisor that was killed
    stack.callback(note.unlink, missing_ok=True)


def note_variables(state: Path) -> None:
    """Write the variables of this process for commands, except those of .env.dev, which they read themselves."""
    _EnvFile.read_env(BACKEND_DIR / ".env.dev")
    noted = {
        name: os.environ[name] for name in _NOTED if os.environ.get(name) not in {None, _EnvFile.ENVIRON.get(name)}
    }
    unfinished = _note(state).with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(noted, file)
    unfinished.replace(_note(state))


def running_variables() -> dict[str, str]:
    """Return what the supervisor of this project wrote.

    Raises:
        EmbeddedServiceError: nothing runs, or what runs is not to be reached; the message says what to do.
    """
    for state in state_folders(PROJECT_DIR):
        if not _is_claimed(state):
            continue
        try:
            return _read(_note(state))
        except FileNotFoundError:
            raise EmbeddedServiceError(_STARTING) from None
        except PermissionError:
            raise EmbeddedServiceError(_OF_ANOTHER.format(owner=_owner(_note(state)))) from None
    raise EmbeddedServiceError(_NOT_RUNNING)


def _read(note: Path) -> dict[str, str]:
    with note.open(encoding="utf-8") as file:
        status = os.fstat(file.fileno())
        if status.st_uid != os.geteuid():
            raise PermissionError  # only root gets here
        if status.st_mode & 0o077:
            raise EmbeddedServiceError(_OPEN.format(path=note))
        try:
            noted = json.load(file)
        except (ValueError, RecursionError):
            noted = None
    if not isinstance(noted, dict) or not all(isinstance(value, str) for value in noted.values()):
        raise EmbeddedServiceError(_DAMAGED.format(path=note))
    return noted


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:  # an account without a name, as in containers
        return str(path.stat().st_uid)


def why_not_reached() -> str:
    """Return the sentence for somebody whose environment names no database."""
    try:
        running_variables()
    except EmbeddedServiceError as reason:
        return str(reason)
    return _STARTING  # it started after the environment was completed


def complete_environment() -> None:
    """Add to the environment what it lacks: first from the running product, then from .env.dev.

    An environment that names a database is not meant for the running product, and gets nothing of it.
    """
    if source_of(_DATABASE) is None:
        with suppress(EmbeddedServiceError):
            _adopt(running_variables())
    environ.Env.read_env(BACKEND_DIR / ".env.dev", overwrite=False)


def _adopt(noted: dict[str, str]) -> None:
    for variable in VARIABLES:
        if source_of(variable.name) is None:
            os.environ.update({name: noted[name] for name in variable.names if name in noted})
    if PROGRAMS in noted:
        os.environ.setdefault(PROGRAMS, noted[PROGRAMS])
        # After the machine's own: any version of psql works for dbshell.
        os.environ["PATH"] = os.pathsep.join((os.environ.get("PATH", os.defpath), noted[PROGRAMS]))


def _note(state: Path) -> Path:
    return state / "running.json"


def _is_claimed(state: Path) -> bool:
    if state in _claimed_here:
        return True
    try:
        lock = (state / "lock").open()
    except OSError:
        return False
    with lock:
        try:
            fcntl.lockf(lock, fcntl.LOCK_SH | fcntl.LOCK_NB, 1, _RUNS)
        except OSError:
            return True
    return False


def main() -> int:
    """Print two lines for shell_scripts/database.sh; the second is empty if the machine's own programs are used."""
    complete_environment()
    if (source := source_of(_DATABASE)) is None:
        print(why_not_reached(), file=sys.stderr)
        return 1
    print(os.environ[source])
    print(os.environ.get(PROGRAMS, ""))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
