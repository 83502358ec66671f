"""Runs manage.py's commands; an unreachable server is reported in one sentence, with its own exit code."""

import os
import sys
from typing import Final

from django.core.management import BaseCommand, ManagementUtility
from django.db import Error as DatabaseError
from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from kombu.exceptions import OperationalError as BrokerError
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSilent

from apps.common.database import is_unreachable
from config.environment import source_of

# EX_UNAVAILABLE of sysexits.h: not the 1 and 2 by which commands say what they found.
UNAVAILABLE: Final = os.EX_UNAVAILABLE
# These touch the database in a thread or subprocess, where the error cannot be caught here.
_ASKED_FIRST: Final = {"dbshell", "runserver", "runserver_plus"}


class _Commands(ManagementUtility):
    def fetch_command(self, subcommand: str) -> BaseCommand:
        if subcommand in _ASKED_FIRST and self.argv[1] == subcommand and not {"-h", "--help"} & set(self.argv):
            connection.ensure_connection()
            connection.close()
        return super().fetch_command(subcommand)


def main(argv: list[str]) -> int:
    """Run a command; return its exit code, unless it ends the process itself. `--traceback` shows where it failed."""
    try:
        _Commands(argv).execute()
    except (DatabaseError, BrokerError, RedisAway, RedisSilent) as error:
        sentence = _sentence(error)
        if sentence is None or "--traceback" in argv:
            raise
        print(sentence, file=sys.stderr)
        return UNAVAILABLE
    return 0


def _sentence(error: Exception) -> str | None:
    if not isinstance(error, DatabaseError):
        return _away("Redis", "DJANGO_CACHES", error)
    if is_unreachable(error):
        return _away("The database", "DJANGO_DATABASES", error)
    if isinstance(error, ProgrammingError):
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database lacks migrations of this release: run `python manage.py migrate`."
    return None


def _away(what: str, variable: str, error: Exception) -> str:
    if source_of(variable) is None and os.environ["DJANGO_SETTINGS_MODULE"].endswith(".local"):
        from devtools.running_product import why_not_reached  # noqa: PLC0415 - production images lack it

        return why_not_reached()
    reason = str(error).strip().partition("\n")[0]
    return f"{what} cannot be reached: {reason}"
