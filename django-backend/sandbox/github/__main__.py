"""Run the local GitHub with sample data: `python -m sandbox.github --port 8060`."""

import argparse
import sys
from datetime import UTC, datetime

from sandbox.github.options import DEFAULT_TOKEN
from sandbox.github.sample import sample
from sandbox.github.server import running
from sandbox.serving import HOST, end_of_process


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.github", description=__doc__)
    parser.add_argument("--port", type=int, default=8060)
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the token that is accepted (%(default)s)")
    parser.add_argument(
        "--end",
        type=lambda text: datetime.fromisoformat(text).astimezone(UTC),
        default=datetime.now(UTC),
        help="end of the week in which issues were closed, ISO 8601 (now)",
    )
    given = parser.parse_args(arguments)
    ended = end_of_process()
    with running(sample(end=given.end, token=given.token), given.port) as (url, sandbox):
        names = ",".join(found.full_name for found in sandbox.options.repositories)
        print(f"Local GitHub at {url} (listening on {HOST} only) with {names}", flush=True)
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
