"""The processes of the local product. They end with the supervisor, and the next one ends those that did not."""

import os
import signal
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import psutil
from honcho import manager as honcho_manager
from honcho.manager import Manager
from honcho.printer import Message, Printer
from honcho.process import Popen, Process

from devtools.server_account import end_with_parent

# By this variable a supervisor finds what an earlier one of the same state folder has left.
_STATE: Final = "LOCAL_PRODUCT_STATE"
_SECONDS_TO_END: Final = 20


class _Process(Process):
    """A process of the manager, which ends its command (SIGTERM) when the manager is killed; Linux only."""

    def run(self, events: Any = None, ignore_signals: bool = False) -> None:
        """Run the command; honcho calls this in a process between the manager and the command."""
        end_with_parent(signal.SIGKILL)
        self._child_ctor = partial(Popen, preexec_fn=partial(end_with_parent, signal.SIGTERM))
        super().run(events, ignore_signals)


class _Printer(Printer):
    """Prints the lines of the processes, and ends them when nobody reads any more, as after `run_local.sh | head`."""

    def write(self, message: Message) -> None:
        """Print a line; honcho calls this for each."""
        try:
            super().write(message)
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            signal.raise_signal(signal.SIGTERM)


def new_manager() -> Manager:
    """Return a manager whose processes end with it, even when it is killed."""
    honcho_manager.KILL_WAIT = _SECONDS_TO_END  # its five are too few for a worker on a busy machine
    manager = Manager(_Printer(sys.stdout))
    manager._process_ctor = _Process  # noqa: SLF001 - honcho has no public way
    return manager


def end_left_overs(state: Path, environment: MutableMapping[str, str]) -> int:
    """End what a supervisor of `state` left behind, mark what gets this environment, and return how many there were.

    Call it with the folder claimed: nothing that has the mark is then in use.
    """
    left = [process for process in psutil.process_iter() if _state_of(process) == str(state)]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=_SECONDS_TO_END)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    environment[_STATE] = str(state)
    return len(left)


def _state_of(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    try:
        variables: dict[str, str] = process.environ()
    except psutil.Error:  # gone, or of another account
        return None
    return variables.get(_STATE)
