"""The counter files of the web processes of one gunicorn, also used by its master: no Django here.

Each process has its own files. gunicorn replaces processes after some thousand requests, so the files of ended
processes are merged into one; otherwise their number, all read at every scrape, would grow every hour.
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
# What the library raises for an incomplete file.
UNREADABLE: Final = (RuntimeError, ValueError, LookupError, struct.error)
_ENDED: Final = "0"  # no process has this id
_LOCK: Final = "lock"


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Lock the files while they are read."""
    with _locked(folder, fcntl.LOCK_SH):
        yield


def process_ended(*, folder: Path, pid: int) -> None:
    """Merge the counters of an ended process with those of others, and remove its files.

    The race: a scrape between the two steps would count them twice, and the next one less, which Prometheus sees as a
    spike and a reset. So nobody reads meanwhile.

    A missing folder or disk loses counts but never stops the master, which would take the product down.
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
    except (*UNREADABLE, OSError) as error:  # it was killed while writing
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
