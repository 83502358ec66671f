"""Channels, messages and calls in one SQLite file, so that a restart loses none of them."""

import json
import sqlite3
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.database import open_database
from sandbox.slack.options import APP_ID, BOT_ID, BOT_USER_ID, TEAM_ID

_SCHEMA = """
CREATE TABLE IF NOT EXISTS channels (id TEXT PRIMARY KEY, name TEXT NOT NULL, last_ts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS messages (
    channel TEXT NOT NULL, ts TEXT NOT NULL, text TEXT NOT NULL, blocks TEXT NOT NULL, metadata TEXT, thread_ts TEXT,
    edited_ts TEXT, ephemeral_for TEXT, PRIMARY KEY (channel, ts));
CREATE TABLE IF NOT EXISTS calls (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at REAL NOT NULL, method TEXT NOT NULL, authorization TEXT NOT NULL,
    token_right INTEGER NOT NULL, parameters TEXT NOT NULL, outcome TEXT NOT NULL, fault TEXT, done INTEGER NOT NULL,
    ts TEXT);
"""
_MILLION = 1_000_000
_COLUMNS = "channel, ts, text, blocks, metadata, thread_ts, edited_ts, ephemeral_for"


@dataclass(frozen=True)
class Message:
    """A message as it is now; `ephemeral_for` is the only user who sees it, None means everybody."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    metadata: dict[str, Any] | None
    thread_ts: str | None
    edited_ts: str | None
    ephemeral_for: str | None

    def to_slack(self, *, with_metadata: bool = True) -> dict[str, Any]:
        """Return it in the form of the Web API."""
        body: dict[str, Any] = {
            "type": "message",
            "user": BOT_USER_ID,
            "bot_id": BOT_ID,
            "app_id": APP_ID,
            "team": TEAM_ID,
            "ts": self.ts,
            "text": self.text,
            "blocks": self.blocks,
        }
        if self.thread_ts:
            body["thread_ts"] = self.thread_ts
        if self.edited_ts:
            body["edited"] = {"user": BOT_USER_ID, "ts": self.edited_ts}
        if self.metadata and with_metadata:
            body["metadata"] = self.metadata
        return body


class Store:
    """The file. Every method is safe to call from several threads; `clock` returns seconds since 1970."""

    def __init__(self, path: str, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._database = open_database(path)
        self._database.execute("PRAGMA synchronous=NORMAL")  # outlives a killed process; a power cut is no test here
        self._database.executescript(_SCHEMA)
        self._run, self._changes = uuid.uuid4().hex[:8], 0

    def close(self) -> None:
        """Close the file; the store cannot be used afterwards."""
        with self._lock:
            self._database.close()

    @property
    def revision(self) -> str:
        """A text that differs after every visible change, after a restart, and each minute (relative dates change)."""
        return f"{self._run}.{self._changes}.{int(self._clock() // 60)}"

    def touch(self) -> None:
        """Note that something visible changed."""
        with self._lock:
            self._changes += 1

    def _write(self, statement: str, *values: object) -> int:
        with self._lock:
            self._changes += 1
            return self._execute(statement, *values).rowcount

    def _execute(self, statement: str, *values: object) -> sqlite3.Cursor:
        with self._lock, self._database:
            return self._database.execute(statement, values)

    def _rows(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def channel(self, channel_id: str, name: str | None = None) -> str:
        """Return the name of a channel; a new id makes the channel."""
        with self._lock:
            found = self._rows("SELECT name FROM channels WHERE id = ?", channel_id)
            if found and name in {None, found[0][0]}:
                return str(found[0][0])
            name = name or channel_id.lower()
            self._write(
                "INSERT INTO channels (id, name) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
                channel_id,
                name,
            )
            return name

    def channels(self) -> list[dict[str, str]]:
        """Return id, name and the ts of the newest message everybody sees, by name."""
        rows = self._rows(
            "SELECT id, name, (SELECT coalesce(max(ts), '') FROM messages WHERE channel = id AND ephemeral_for IS NULL)"
            " FROM channels ORDER BY name, id"
        )
        return [{"id": row[0], "name": row[1], "last_ts": row[2]} for row in rows]

    def _next_ts(self, channel: str) -> str:
        """Return a ts later than all others of the channel, even if the clock was set back."""
        self.channel(channel)
        last = int(self._rows("SELECT last_ts FROM channels WHERE id = ?", channel)[0][0])
        moment = max(int(self._clock() * _MILLION), last + 1)
        self._write("UPDATE channels SET last_ts = ? WHERE id = ?", moment, channel)
        return f"{moment // _MILLION}.{moment % _MILLION:06d}"

    def post(
        self,
        channel: str,
        *,
        text: str,
        blocks: list[dict[str, Any]],
        metadata: dict[str, Any] | None = None,
        thread_ts: str | None = None,
        ephemeral_for: str | None = None,
    ) -> Message:
        """Add a message at the end of a channel."""
        with self._lock:
            ts = self._next_ts(channel)
            stored_metadata = json.dumps(metadata) if metadata else None
            values = (channel, ts, text, json.dumps(blocks), stored_metadata, thread_ts, None, ephemeral_for)
            self._write(f"INSERT INTO messages ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *values)  # noqa: S608
        return Message(channel, ts, text, blocks, metadata or None, thread_ts, None, ephemeral_for)

    def message(self, channel: str, ts: str) -> Message | None:
        """Return one message, or None."""
        found = self._messages("channel = ? AND ts = ?", channel, ts)
        return found[0] if found else None

    def messages(self, channel: str, *, newest: int = -1) -> list[Message]:
        """Return the messages of a channel, oldest first; `newest` keeps only so many of the end."""
        return self._messages("channel = ? ORDER BY ts DESC LIMIT ?", channel, newest)[::-1]

    def _messages(self, condition: str, *values: object) -> list[Message]:
        rows = self._rows(f"SELECT {_COLUMNS} FROM messages WHERE {condition}", *values)  # noqa: S608
        return [
            Message(row[0], row[1], row[2], json.loads(row[3]), json.loads(row[4]) if row[4] else None, *row[5:])
            for row in rows
        ]

    def edit(self, message: Message, *, text: str, blocks: list[dict[str, Any]], metadata: object) -> bool:
        """Replace the content of a message; return False if it no longer exists. `metadata` None keeps the old one."""
        edited_ts = f"{self._clock():.6f}"
        kept = message.metadata if metadata is None else metadata
        stored = json.dumps(kept) if kept else None
        return bool(
            self._write(
                "UPDATE messages SET text = ?, blocks = ?, metadata = ?, edited_ts = ? WHERE channel = ? AND ts = ?",
                *(text, json.dumps(blocks), stored, edited_ts, message.channel, message.ts),
            )
        )

    def delete(self, channel: str, ts: str) -> bool:
        """Delete a message; return False if there is none."""
        return bool(self._write("DELETE FROM messages WHERE channel = ? AND ts = ?", channel, ts))

    def begin_call(self, method: str, *, authorization: str, token_right: bool, parameters: object) -> int:
        """Record a call when it arrives, so that calls are in order of arrival, and return its number."""
        cursor = self._execute(
            "INSERT INTO calls (at, method, authorization, token_right, parameters, outcome, done)"
            " VALUES (?, ?, ?, ?, ?, 'pending', 0)",
            *(self._clock(), method, authorization, token_right, json.dumps(parameters)),
        )
        return int(cursor.lastrowid or 0)

    def end_call(self, number: int, *, outcome: str, fault: str | None, done: bool, ts: str | None) -> None:
        """Record how a call ended: what was answered, and whether it took effect."""
        self._execute(
            "UPDATE calls SET outcome = ?, fault = ?, done = ?, ts = ? WHERE id = ?", outcome, fault, done, ts, number
        )

    def calls(self, method: str | None = None) -> list[dict[str, Any]]:
        """Return the calls in the order of their arrival."""
        rows = self._rows(
            "SELECT id, at, method, authorization, token_right, parameters, outcome, fault, done, ts FROM calls"
            " WHERE ? IS NULL OR method = ? ORDER BY id",
            *(method, method),
        )
        names = ("id", "at", "method", "authorization", "token_right", "parameters", "outcome", "fault", "done", "ts")
        return [
            dict(zip(names, row, strict=True))
            | {"token_right": bool(row[4]), "parameters": json.loads(row[5]), "done": bool(row[8])}
            for row in rows
        ]

    def forget_calls(self) -> None:
        """Empty the list of calls."""
        self._write("DELETE FROM calls")
