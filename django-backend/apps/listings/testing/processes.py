"""Jobs in processes of their own, started at the same moment: what two web servers do, not two threads of one."""

import multiprocessing
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from typing import Any, Final

from django.db import connection, connections

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
    try:
        connection.ensure_connection()
        barrier.wait(_PATIENCE_SECONDS)
        sender.send((True, job()))
    except BaseException:  # noqa: BLE001 - the test in the other process tells it
        sender.send((False, traceback.format_exc()))
    finally:
        connection.close()


def _result(receiver: Connection) -> Any:
    assert receiver.poll(_PATIENCE_SECONDS), "a process did not answer"
    succeeded, value = receiver.recv()
    assert succeeded, value
    return value
