"""Everyday work by one word, on this machine or in the container: `invoke --list`, `invoke run`.

In the container: `alias inv='docker compose exec django invoke'`, then `inv init-db`. It wraps commands that work
without it; a machine without containers has shell_scripts/run_local.sh and run_tests.sh, which bring their own servers.
"""

from shlex import quote

from invoke.context import Context
from invoke.tasks import task

_INIT = ("migrate --noinput", "load_reference_data", "setup_staff_group", "load_sample_season")


@task
def run(context: Context, port: int = 8000) -> None:
    """Serve the product on the port, on the database of the environment."""
    context.run(f"python manage.py runserver 0.0.0.0:{int(port)}")


@task
def test(context: Context, select: str = "") -> None:  # noqa: PT028 - a command, not a test
    """Run the suite on servers of its own; --select takes what pytest's -k does."""
    context.run("python manage.py test" + (f" -k {quote(select)}" if select else ""))


@task
def init_db(context: Context) -> None:
    """Make the tables and fill them: reference data, staff group, sample season. Safe to repeat."""
    for command in _INIT:
        context.run(f"python manage.py {command}")
