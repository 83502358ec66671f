"""Opens the SQLite files of stand-ins. They hold links that sign people in, so only the user who runs them may read."""

import sqlite3
from contextlib import suppress
from pathlib import Path

# SQLite gives the files that belong to a database its mode; those that a killed process left keep their old one.
_FILES = ("", "-wal", "-shm")


def open_database(path: str) -> sqlite3.Connection:
    """Open or make the file at `path` for use from several threads; `:memory:` makes none."""
    if path != ":memory:":
        Path(path).touch(mode=0o600)
        for ending in _FILES:
            with suppress(FileNotFoundError):
                Path(path + ending).chmod(0o600)
    database = sqlite3.connect(path, check_same_thread=False)
    database.execute("PRAGMA journal_mode=WAL")
    return database
