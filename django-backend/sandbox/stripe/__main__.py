"""Run the local Stripe until Ctrl-C: `python -m sandbox.stripe`. Point STRIPE_API_BASE at http://127.0.0.1:8070."""

import argparse
import sys

from sandbox.serving import HOST, end_of_process
from sandbox.stripe.options import DEFAULT_KEY, Options
from sandbox.stripe.server import running


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.stripe", description=__doc__)
    parser.add_argument("--port", type=int, default=8070)
    parser.add_argument("--database", default=":memory:", metavar="FILE", help="keeps everything across restarts")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the secret key that is accepted (%(default)s)")
    parser.add_argument("--webhook-url", default="", metavar="URL", help="address to which all events are sent")
    parser.add_argument("--webhook-secret", default="", metavar="SECRET", help="signs them")
    given = parser.parse_args(arguments)
    ended = end_of_process()
    options = Options(
        database=given.database, key=given.key, webhook_url=given.webhook_url, webhook_secret=given.webhook_secret
    )
    with running(options, given.port) as (url, _):
        print(f"Local Stripe at {url}/ (listening on {HOST} only)", flush=True)
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
