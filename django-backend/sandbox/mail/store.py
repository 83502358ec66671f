"""The mails in one SQLite file, so that a restart loses none; the oldest go when there are too many."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sandbox.database import open_database
from sandbox.mail.reading import contents
from sandbox.serving import ConnectionCut

MOST_MAILS, MOST_BYTES = 500, 200_000_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS mails (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, recipients TEXT NOT NULL, subject TEXT NOT NULL,
    text TEXT NOT NULL, size INTEGER NOT NULL, raw BLOB NOT NULL);
"""
_PRUNE: Final = """
DELETE FROM mails WHERE id <= (SELECT max(id) FROM (
    SELECT id, row_number() OVER newest AS number, sum(size) OVER newest AS total FROM mails
    WINDOW newest AS (ORDER BY id DESC)) WHERE number > 1 AND (number > ? OR total > ?))
"""


@dataclass(frozen=True)
class Mail:
    """A mail as it arrived: `at` in seconds since 1970, `recipients` those of the envelope, `size` in bytes."""

    id: int
    at: float
    recipients: tuple[str, ...]
    subject: str
    text: str
    size: int


class Store:
    """The file, or memory with `:memory:`. Safe to use from several threads; `clock` returns seconds since 1970."""

    def __init__(self, path: str, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._changed, self._ended = threading.Condition(), False
        self._database = open_database(path)
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Release requests that wait and close the file."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()
            self._database.close()

    def add(self, recipients: list[str], raw: bytes) -> Mail:
        """Keep a mail and return it; the oldest beyond `MOST_MAILS` or `MOST_BYTES` go."""
        read, at = contents(raw), self._clock()
        row = (at, json.dumps(recipients), read.subject, read.text, len(raw), raw)
        with self._changed:
            added = self._execute(
                "INSERT INTO mails (at, recipients, subject, text, size, raw) VALUES (?, ?, ?, ?, ?, ?)", *row
            )
            self._execute(_PRUNE, MOST_MAILS, MOST_BYTES)
            self._database.commit()
            self._changed.notify_all()
            return _mail((added.lastrowid, *row[:-1]))

    def clear(self) -> None:
        """Delete every mail."""
        with self._changed:
            self._execute("DELETE FROM mails")
            self._database.commit()

    def mails(self, *, to: str = "", after: int = 0, wait: float = 0) -> list[Mail]:
        """Return the mails with an id above `after`, newest first; only those to the address `to` if it is given.

        Waits up to `wait` seconds while there is none.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._ended or self._found(to, after), wait)
            return self._found(to, after)

    def raw(self, number: int) -> tuple[Mail, bytes] | None:
        """Return a mail and its bytes, or None if there is no such mail."""
        with self._changed:
            row = self._execute(
                "SELECT id, at, recipients, subject, text, size, raw FROM mails WHERE id = ?", number
            ).fetchone()
        return None if row is None else (_mail(row[:-1]), row[-1])

    def _found(self, to: str, after: int) -> list[Mail]:
        rows = self._execute(
            "SELECT id, at, recipients, subject, text, size FROM mails WHERE id > ? ORDER BY id DESC", after
        )
        mails = [_mail(row) for row in rows]
        wanted = to.casefold()
        return [mail for mail in mails if not to or wanted in {address.casefold() for address in mail.recipients}]

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self._ended:
            raise ConnectionCut  # closed during a last request
        return self._database.execute(statement, values)


def _mail(row: tuple[Any, ...]) -> Mail:
    number, at, recipients, subject, text, size = row
    return Mail(number, at, tuple(json.loads(recipients)), subject, text, size)
