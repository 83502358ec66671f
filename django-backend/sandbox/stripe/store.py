"""Objects, answers under idempotency keys and deliveries in one SQLite file."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sandbox.database import open_database

Object = dict[str, Any]
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS objects (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, object TEXT NOT NULL, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_by_kind ON objects (object, number);
CREATE INDEX IF NOT EXISTS objects_by_intent ON objects (object, json_extract(body, '$.payment_intent'));
CREATE INDEX IF NOT EXISTS objects_by_charge ON objects (object, json_extract(body, '$.charge'));
CREATE INDEX IF NOT EXISTS objects_by_time ON objects (json_extract(body, '$._due'));
CREATE TABLE IF NOT EXISTS balances (currency TEXT, available_on INTEGER, net INTEGER NOT NULL,
    PRIMARY KEY (currency, available_on));
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS deliveries (
    number INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, endpoint TEXT NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL, status INTEGER);
CREATE INDEX IF NOT EXISTS deliveries_waiting ON deliveries (state, due);
CREATE INDEX IF NOT EXISTS deliveries_of_an_event ON deliveries (event);
"""
_DAY: Final = 86_400
# Ordered by the index: ordered by number, SQLite would read every object at each call.
DUE: Final = "SELECT body FROM objects WHERE json_extract(body, '$._due') <= ? ORDER BY json_extract(body, '$._due')"


@dataclass(frozen=True)
class Answer:
    """What was answered to the first request under a key; `request` describes that request."""

    request: str
    request_id: str
    status: int
    body: str


@dataclass(frozen=True)
class Delivery:
    """One event on its way to one endpoint."""

    number: int
    event: str
    endpoint: str
    attempts: int


class Store:
    """The file. One writer at a time: `transaction` serialises everything that must be seen as a whole."""

    def __init__(self, path: str) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._database = open_database(path)
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.isolation_level = None
        self._database.executescript(_SCHEMA)
        # A killed process left these; an event that arrives twice is what Stripe promises too.
        self._run("UPDATE deliveries SET state = 'waiting' WHERE state = 'sending'")

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, and nobody in between. An inner one belongs to the outer one."""
        with self._lock:
            if self._depth:
                yield
                return
            self._depth = 1
            try:
                self._database.execute("BEGIN")
                try:
                    yield
                except BaseException:
                    self._database.execute("ROLLBACK")
                    raise
                self._database.execute("COMMIT")
            finally:
                self._depth = 0

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def add(self, body: Object) -> None:
        """Add an object."""
        self._run("INSERT INTO objects (id, object, body) VALUES (?, ?, ?)", body["id"], body["object"], _text(body))

    def save(self, body: Object) -> None:
        """Replace an object."""
        self._run("UPDATE objects SET body = ? WHERE id = ?", _text(body), body["id"])

    def delete(self, identity: str) -> None:
        """Delete an object."""
        self._run("DELETE FROM objects WHERE id = ?", identity)

    def find(self, kind: str, identity: str) -> Object | None:
        """Return an object by its `object` and id; None if there is none."""
        rows = self._rows("SELECT body FROM objects WHERE id = ? AND object = ?", identity, kind)
        return json.loads(rows[0][0]) if rows else None

    def number(self, kind: str, identity: str) -> int | None:
        """Return the place of an object in the order in which objects were added."""
        rows = self._rows("SELECT number FROM objects WHERE id = ? AND object = ?", identity, kind)
        return rows[0][0] if rows else None

    def select(self, kind: str, condition: str = "", *values: object, limit: int = -1) -> list[Object]:
        """Return objects of a kind, newest first; `condition` is SQL that begins with AND or ORDER."""
        order = "" if "ORDER BY" in condition else " ORDER BY number DESC"
        statement = f"SELECT body FROM objects WHERE object = ? {condition}{order} LIMIT ?"  # noqa: S608 - own code only
        return [json.loads(row[0]) for row in self._rows(statement, kind, *values, limit)]

    def due_objects(self, now: float) -> list[Object]:
        """Return objects with something to do whose time has come."""
        rows = self._rows(DUE, now)
        return [json.loads(row[0]) for row in rows]

    def move_money(self, currency: str, available_on: int, net: int) -> None:
        """Add to the balance."""
        self._run(
            "INSERT INTO balances VALUES (?, ?, ?)"
            " ON CONFLICT (currency, available_on) DO UPDATE SET net = net + excluded.net",
            *(currency, available_on, net),
        )

    def balance(self, now: int) -> dict[str, tuple[int, int]]:
        """Return what is available and what is pending, by currency."""
        rows = self._rows(
            "SELECT currency, sum(iif(available_on <= ?, net, 0)), sum(iif(available_on > ?, net, 0))"
            " FROM balances GROUP BY currency ORDER BY currency",
            *(now, now),
        )
        return {row[0]: (row[1], row[2]) for row in rows}

    def answer(self, key: str, now: float) -> Answer | None:
        """Return what was answered under a key within the last 24 hours."""
        self._run("DELETE FROM answers WHERE key = ? AND at < ?", key, now - _DAY)
        rows = self._rows("SELECT request, request_id, status, body FROM answers WHERE key = ?", key)
        return Answer(*rows[0]) if rows else None

    def keep_answer(self, key: str, answer: Answer, now: float) -> None:
        """Keep the answer to the first request under a key."""
        values = (key, answer.request, answer.request_id, answer.status, answer.body, now)
        self._run("INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)", *values)

    def add_delivery(self, event: str, endpoint: str, due: float, state: str = "waiting") -> None:
        """Note that an event has to be sent to an endpoint."""
        self._run(
            "INSERT INTO deliveries (event, endpoint, due, state) VALUES (?, ?, ?, ?)", event, endpoint, due, state
        )

    def due_deliveries(self, now: float, limit: int) -> list[Delivery]:
        """Claim deliveries whose time has come."""
        rows = self._rows(
            "UPDATE deliveries SET state = 'sending' WHERE number IN"
            " (SELECT number FROM deliveries WHERE state = 'waiting' AND due <= ? ORDER BY due, number LIMIT ?)"
            " RETURNING number, event, endpoint, attempts",
            *(now, limit),
        )
        return sorted((Delivery(*row) for row in rows), key=lambda one: one.number)

    def end_attempt(self, number: int, *, state: str, due: float, status: int | None) -> None:
        """Note how an attempt ended: `done`, `given_up`, or `waiting` for the next one."""
        self._run(
            "UPDATE deliveries SET state = ?, due = ?, status = ?, attempts = attempts + 1 WHERE number = ?",
            *(state, due, status, number),
        )

    def release(self, states: tuple[str, ...], due: float, *, shuffled: bool = False) -> int:
        """Let deliveries in these states wait for `due`; return how many. Shuffled ones get a random order."""
        marks = ", ".join("?" * len(states))
        spread = " + abs(random() % 1000) / 1000000.0" if shuffled else ""
        statement = f"UPDATE deliveries SET state = 'waiting', due = ?{spread} WHERE state IN ({marks})"  # noqa: S608
        return self._run(statement, due, *states).rowcount

    def pending(self, event: str) -> int:
        """Return to how many endpoints an event still has to be sent."""
        rows = self._rows(
            "SELECT count(*) FROM deliveries WHERE event = ? AND state NOT IN ('done', 'given_up')", event
        )
        return int(rows[0][0])

    def deliveries(self, states: tuple[str, ...] = ()) -> list[dict[str, Any]]:
        """Return deliveries in the order in which events were made."""
        condition = f" WHERE state IN ({', '.join('?' * len(states))})" if states else ""
        rows = self._rows(
            f"SELECT event, endpoint, attempts, state, status FROM deliveries{condition} ORDER BY number",  # noqa: S608
            *states,
        )
        return [dict(zip(("event", "endpoint", "attempts", "state", "status"), row, strict=True)) for row in rows]


def _text(body: Object) -> str:
    return json.dumps(body, separators=(",", ":"))
