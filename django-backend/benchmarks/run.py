"""Measures the product on this machine and prints a table: `python -m benchmarks.run [--quick]` from django-backend/.

It starts a PostgreSQL, a Redis and a gunicorn of its own and needs nothing else.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

import django

from benchmarks.server import production_environment, web_server
from config.embedded import throw_away_services


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options = _options(arguments)
    with (
        throw_away_services() as (postgres, redis_server),
        tempfile.TemporaryDirectory(prefix="stt-benchmark-") as folder,
    ):
        os.environ.update(production_environment(database_url=postgres.url, redis_url=redis_server.url))
        django.setup()
        # Django's models can be imported from here on.
        from benchmarks.session import Session  # noqa: PLC0415

        session = Session.prepared(quick=options.quick, tickets=options.tickets, seconds=options.seconds)
        with web_server(Path(folder) / "web.log") as address:
            for line in session.lines(address, only=options.only):
                print(line, flush=True)
    return 0


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, not how fast")
    parser.add_argument("--tickets", type=int, default=100_000, help="rows to measure on (default: 100000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of the three runs (default: 10)")
    parser.add_argument("--only", default="", help="only scenarios whose name has this word; `plain`: comparisons only")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
