"""Keeps claims alive while their deliverer lives, so that a dead one is known by its silence."""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import DatabaseError, connection

from apps.notifications import rules
from apps.notifications.locks import outbox_renewed
from apps.notifications.models import OutboxMessage

logger = logging.getLogger(__name__)


@contextmanager
def leases_kept(*, messages: Sequence[OutboxMessage], now: datetime) -> Iterator[None]:
    """Renew the leases of messages that were claimed at `now` (UTC) until the block ends, or `LONGEST_CLAIM` is over.

    A thread does it, on its own database connection that it opens at the first renewal: a handler may wait for another
    system far longer than the lease. A batch that is done before that costs no query. Each renewal is one statement
    without session state, so a pooler in transaction mode is fine.
    """
    done = threading.Event()
    thread = threading.Thread(target=_renew, args=(messages, now, done), name="outbox-leases", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _renew(messages: Sequence[OutboxMessage], now: datetime, done: threading.Event) -> None:
    begun = time.monotonic()
    try:
        while not done.wait(rules.RENEWAL.total_seconds()):
            elapsed = timedelta(seconds=time.monotonic() - begun)
            if elapsed > rules.LONGEST_CLAIM:
                return
            try:
                outbox_renewed(messages=messages, now=now + elapsed)
            except DatabaseError as error:  # the next one may succeed
                logger.warning("The leases of %s messages are not renewed: %s", len(messages), type(error).__name__)
                connection.close()
    finally:
        connection.close()
