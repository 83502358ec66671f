"""Two things at once: in a chosen order, or in separate processes, as in two web servers."""

import multiprocessing
import threading
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, Final

from django.conf import settings
from django.db import connection, connections, transaction
from django.utils import timezone

from apps.common.testing.threads import at_once

PATIENCE_SECONDS: Final = 20
Job = Callable[[], object]


def while_uncommitted(change: Job, *jobs: Job) -> list[object]:
    """Make a change, start the jobs, and commit once each of them waits for a lock; return their results."""
    results: list[object] = []
    with transaction.atomic():
        change()
        thread = threading.Thread(target=lambda: results.extend(at_once(*jobs)))
        thread.start()
        wait_for_waiters(len(jobs))
    thread.join(60)
    return results


def before_commit(change: Job, *jobs: Job) -> list[object]:
    """Make a change, let the jobs finish, then commit: for twins, in which nobody waits."""
    with transaction.atomic():
        change()
        return at_once(*jobs)


def after_statement(words: str, work: Job, *, then: Job) -> object:
    """Do some work; after its first statement with these words, do and commit something else."""
    started: list[str] = []

    def watch(execute: Callable[..., object], sql: str, params: object, many: bool, context: object) -> object:
        answer = execute(sql, params, many, context)
        if words in sql and not started:
            started.append(sql)
            assert not isinstance(outcome := at_once(then)[0], Exception), outcome
        return answer

    try:
        with connection.execute_wrapper(watch):
            return work()
    except Exception as error:  # noqa: BLE001 - the test looks at it
        return error
    finally:
        assert started, "no such statement"


def wait_for_waiters(count: int) -> None:
    """Return once `count` sessions of this database wait for a lock, as the server reports."""
    deadline = timezone.now().timestamp() + PATIENCE_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[1] >= count:
                return
            assert timezone.now().timestamp() < deadline, "nobody waits for the lock"


_PATIENCE_SECONDS: Final = 60
_FORK: Final = multiprocessing.get_context("fork")


def in_processes(jobs: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run each job in a process of its own, all at once; return what they return, which must be picklable, in order."""
    connections.close_all()  # no process may inherit a connection
    barrier = _FORK.Barrier(len(jobs))
    pipes = [_FORK.Pipe(duplex=False) for _ in jobs]
    processes = [
        _FORK.Process(target=_run, args=(job, barrier, sender)) for job, (_, sender) in zip(jobs, pipes, strict=True)
    ]
    for process in processes:
        process.start()
    try:
        return [_result(receiver) for receiver, _ in pipes]
    finally:
        for process in processes:
            process.join(_PATIENCE_SECONDS)
            process.kill()


def _run(job: Callable[[], Any], barrier: Barrier, sender: Connection) -> None:
    # On a busy machine fifty requests wait for each other for longer than production lets them.
    settings.WEB_LOCK_TIMEOUT_SECONDS = settings.WEB_STATEMENT_TIMEOUT_SECONDS = 0
    try:
        connection.ensure_connection()
        barrier.wait(_PATIENCE_SECONDS)
        sender.send((True, job()))
    except BaseException:  # noqa: BLE001 - the other process reports it
        sender.send((False, traceback.format_exc()))
    finally:
        connection.close()


def _result(receiver: Connection) -> Any:
    assert receiver.poll(_PATIENCE_SECONDS), "a process did not answer"
    succeeded, value = receiver.recv()
    assert succeeded, value
    return value
