"""Records: what PostgreSQL said, repeated by Redis for some seconds, and never once its source has changed.

A record is good while the marks of all its sources are those under which it was made. Whoever asks makes the marks that
are missing and reads PostgreSQL only then; whoever changes a source deletes its mark after the commit. So what was read
before a commit is never good after it, however late it arrives in Redis. ADR 39 has the races.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from time import monotonic, sleep
from typing import cast

from django.core.cache import caches
from django.db import connection, transaction

from apps.common.cache import RECORD_SECONDS, Record, RedisCache


def record_of(
    name: str, sources: Sequence[str], *, counter: str | None = None, flag: str | None = None
) -> Record | None:
    """Return what Redis has under this name; None where it cannot be asked and may not learn it.

    If it has something, a counter of the cache is increased and a flag looked for in the same round trip.
    """
    # What a transaction reads may be old, or never be committed.
    cache = caches["default"]
    if connection.in_atomic_block or not isinstance(cache, RedisCache):
        return None
    found: Record | None = cache.record(name, sources, counter, flag)
    return found


def record_keep(record: Record, value: bytes) -> None:
    """Let Redis repeat what was read from the sources after `record_of`."""
    cast("RedisCache", caches["default"]).record_set(record, value)


def source_changes(source: str) -> None:
    """End all records of a source when the current transaction commits, before anybody is answered.

    A process that cannot reach Redis waits until no old record is good any more: others may reach it. The sources of
    one transaction are waited for together.
    """
    commit: _Commit | None = getattr(connection, "records_commit", None)
    if commit is None or commit.at is not None:
        commit = connection.records_commit = _Commit()  # type: ignore[attr-defined]  # ours
    transaction.on_commit(partial(_end, source, commit))


@dataclass
class _Commit:
    at: float | None = None  # None until the transaction has committed


def _end(source: str, commit: _Commit) -> None:
    cache = caches["default"]
    commit.at = commit.at or monotonic()
    if isinstance(cache, RedisCache) and not cache.source_changed(source):
        left = commit.at + RECORD_SECONDS - monotonic()
        if left > 0:
            sleep(left)
