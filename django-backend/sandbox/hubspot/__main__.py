"""Run the local HubSpot until Ctrl-C: `python -m sandbox.hubspot`. Point HUBSPOT_API_BASE at http://127.0.0.1:8080."""

import argparse
import sys

from sandbox.hubspot.app import DEFAULT_TOKEN, running
from sandbox.serving import HOST, end_of_process


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.hubspot", description=__doc__)
    parser.add_argument("--port", type=int, default=8080)
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the access token that is accepted (%(default)s)")
    given = parser.parse_args(arguments)
    ended = end_of_process()
    with running(given.token, given.port) as (url, _):
        print(f"Local HubSpot at {url}/ (listening on {HOST} only)", flush=True)
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
