"""The files in which the web processes of one gunicorn count, used by its master too: nothing of Django here.

Each process has files of its own. gunicorn replaces processes after some thousand requests, so those that have ended
are added up into one file; otherwise there would be a few more every hour, all of them read at every scrape.
"""

import fcntl
import logging
import shutil
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import mark_process_dead

logger = logging.getLogger(__name__)
FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
# What the library raises for a file that is not whole.
UNREADABLE: Final = (RuntimeError, ValueError, LookupError, struct.error)
_ENDED: Final = "0"  # no process has this id
_LOCK: Final = "lock"


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep the files as they are while they are read."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def process_ended(*, folder: Path, pid: int) -> None:
    """Add the counts of a process that has ended to those of the others that have, and remove its files.

    The race: a scrape between the two steps would count them twice, and the next one less; for Prometheus that is a
    counter that began anew, and a spike. So nobody reads meanwhile.

    A folder or a disk that is gone costs counts and never the master, which would take the product with it.
    """
    try:
        with _locked(folder, fcntl.LOCK_EX):
            mark_process_dead(pid, str(folder))
            for kind in ("counter", "histogram"):
                dead = folder / f"{kind}_{pid}.db"
                if dead.exists():
                    _add(dead, folder / f"{kind}_{_ENDED}.db")
    except OSError as error:
        logger.warning("Counts of an ended process are lost: %s", type(error).__name__)


def _add(dead: Path, total: Path) -> None:
    new = total.with_suffix(".new")
    new.unlink(missing_ok=True)
    if total.exists():
        shutil.copyfile(total, new)
    sums = MmapedDict(str(new))
    try:
        for key, value, at, _ in MmapedDict.read_all_values_from_file(str(dead)):
            sums.write_value(key, sums.read_value(key)[0] + value, at)
    except (*UNREADABLE, OSError) as error:  # it was killed while it wrote
        logger.warning("Counts of an ended process are lost: %s", type(error).__name__)
    else:
        new.replace(total)
    finally:
        sums.close()
        new.unlink(missing_ok=True)
        dead.unlink()


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    with (folder / _LOCK).open("a") as lock:
        fcntl.flock(lock, how)
        yield
