"""Everyday work by one word, on this machine or in the container: `invoke --list`, `invoke run`.

In the container: `alias inv='docker compose exec django invoke'`, then `inv init-db`. On this machine it works on the
servers of shell_scripts/run_local.sh while that runs. It wraps commands that work without it.
"""

import os
import sys
from pathlib import Path
from shlex import quote

from invoke.context import Context
from invoke.exceptions import Exit
from invoke.tasks import task

_PYTHON = quote(sys.executable)
_MANAGE = f"{_PYTHON} {quote(str(Path(__file__).with_name('manage.py')))}"


@task
def run(context: Context, port: int = 8000) -> None:
    """Serve the product on the port, on the database of the environment."""
    context.run(f"{_MANAGE} runserver 0.0.0.0:{int(port)}")


@task
def test(context: Context, select: str = "") -> None:  # noqa: PT028 - a command, not a test
    """Run the suite on servers of its own; --select takes what pytest's -k does."""
    context.run(f"{_PYTHON} manage.py test" + (f" -k {quote(select)}" if select else ""))


@task
def init_db(_: Context) -> None:
    """Make the tables and fill them: reference data, staff group, sample season. Safe to repeat."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    from config.command_line import main  # noqa: PLC0415 - the settings are chosen before
    from devtools.data import STEPS  # noqa: PLC0415

    for command in STEPS.values():
        if code := main(["manage.py", *command]):
            raise Exit(code=code)
