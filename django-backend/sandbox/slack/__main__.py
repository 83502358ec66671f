"""Run the local Slack: `python -m sandbox.slack --database FILE --signing-secret SECRET`."""

import argparse
import sys

from sandbox.serving import HOST, end_of_process
from sandbox.slack.options import DEFAULT_TOKEN, Options
from sandbox.slack.server import running


def _channel(text: str) -> tuple[str, str]:
    channel, separator, name = text.partition("=")
    if not separator or not channel.startswith("C") or not name:
        raise argparse.ArgumentTypeError("give ID=NAME, such as C0LISTINGS=listings")
    return channel, name


def main(arguments: list[str]) -> None:
    """Serve until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.slack", description=__doc__)
    parser.add_argument("--port", type=int, default=8050)
    parser.add_argument("--database", required=True, metavar="FILE", help="keeps channels, messages and calls")
    parser.add_argument("--signing-secret", required=True, metavar="SECRET", help="the app knows the same one")
    parser.add_argument("--app-url", default="http://127.0.0.1:8000", metavar="URL", help="where the app answers")
    parser.add_argument("--token", default=DEFAULT_TOKEN, help="the bot token that is accepted (%(default)s)")
    parser.add_argument("--staff-email", default=Options.staff_email, help="address of the first user (%(default)s)")
    parser.add_argument("--staff-name", default=Options.staff_name, help="name of the first user (%(default)s)")
    parser.add_argument("--per-second", type=float, metavar="N", help="429 beyond N messages a second and channel")
    parser.add_argument(
        "--channel", type=_channel, action="append", default=[], metavar="ID=NAME", help="a channel from the start"
    )
    given = parser.parse_args(arguments)
    options = Options(
        database=given.database,
        signing_secret=given.signing_secret,
        app_url=given.app_url.rstrip("/"),
        token=given.token,
        staff_email=given.staff_email,
        staff_name=given.staff_name,
        per_second=given.per_second,
        channels=tuple(given.channel),
    )
    ended = end_of_process()
    with running(options, given.port) as url:
        print(f"Local Slack at {url}/ (listening on {HOST} only)", flush=True)
        ended.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
