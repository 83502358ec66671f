"""Who may read what the stand-ins keep."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.mail.store import Store as MailStore
from sandbox.slack.store import Store as SlackStore
from sandbox.stripe.store import Store as StripeStore

MakeStore = Callable[[str, Callable[[], float]], MailStore | SlackStore | StripeStore]


@pytest.fixture(autouse=True)
def open_to_all() -> Iterator[None]:
    """A umask that lets everybody read and write."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.parametrize("left_by_an_older_release", [False, True])
@pytest.mark.parametrize("make", [MailStore, SlackStore, lambda path, _: StripeStore(path)])
def test_only_their_owner_may_read_the_files(tmp_path: Path, make: MakeStore, left_by_an_older_release: bool) -> None:
    path = tmp_path / "kept.sqlite3"
    if left_by_an_older_release:
        for name in ("kept.sqlite3", "kept.sqlite3-wal", "kept.sqlite3-shm"):
            (tmp_path / name).touch(mode=0o644)
    store = make(str(path), time.time)
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    store.close()
    assert modes == dict.fromkeys(("kept.sqlite3", "kept.sqlite3-wal", "kept.sqlite3-shm"), "0o600")
    assert path.stat().st_mode & 0o777 == 0o600
