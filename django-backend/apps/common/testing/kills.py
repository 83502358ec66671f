"""Processes that are killed, as by `kill -9` or a machine that fails: no handler runs, and nothing is cleaned up."""

import faulthandler
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final
from unittest.mock import patch

import stripe
from django.db import connection, connections
from django.db.backends.postgresql.base import DatabaseWrapper

_PATIENCE_SECONDS: Final = 30
_FORK: Final = multiprocessing.get_context("fork")
_WRITES: Final = ("INSERT", "UPDATE", "DELETE", "WITH DUE")


def killed_after(step: int, job: Callable[[], object]) -> bool:
    """Do a job in a process that is killed after its step of this number, from 0; return False if it has fewer steps.

    Step 0 is its start. Each commit is a step, and each answer of Stripe, whether or not the caller sees it.
    """
    connections.close_all()  # no process may inherit a connection
    left: Synchronized[int] = _FORK.Value("i", step)
    process = _FORK.Process(target=_run, args=(job, left), daemon=True)
    process.start()
    process.join(_PATIENCE_SECONDS)
    assert process.exitcode in {0, -signal.SIGKILL}, f"the process ended with {process.exitcode}"
    return process.exitcode != 0


def _run(job: Callable[[], object], left: "Synchronized[int]") -> None:
    faulthandler.dump_traceback_later(_PATIENCE_SECONDS / 2)  # what it waits for
    try:
        with _steps(left):
            _step(left)
            job()
    except BaseException:  # noqa: BLE001 - the other process sees the code
        traceback.print_exc()
        os._exit(3)
    os._exit(0)


def _step(left: "Synchronized[int]") -> None:
    if left.value == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    left.value -= 1


@contextmanager
def _steps(left: "Synchronized[int]") -> Iterator[None]:
    commit, request = DatabaseWrapper._commit, stripe.RequestsClient.request  # noqa: SLF001 - each commit is a step

    def committing(self: DatabaseWrapper) -> Any:
        done = commit(self)
        _step(left)
        return done

    def asking(self: stripe.RequestsClient, *call: Any, **more: Any) -> Any:
        answer = request(self, *call, **more)
        _step(left)
        return answer

    def executing(execute: Callable[..., Any], sql: str, params: object, many: bool, context: Any) -> Any:
        done = execute(sql, params, many, context)
        if not connection.in_atomic_block and str(sql).lstrip().upper().startswith(_WRITES):
            _step(left)  # it commits itself
        return done

    with (
        patch.object(DatabaseWrapper, "_commit", committing),
        patch.object(stripe.RequestsClient, "request", asking),
        connection.execute_wrapper(executing),
    ):
        yield
