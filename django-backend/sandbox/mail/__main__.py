"""Run the local mail server until Ctrl-C: `python -m sandbox.mail`. Point EMAIL_URL at smtp://127.0.0.1:1025."""

import argparse
import sys
from functools import partial

from sandbox.mail.server import PAGE_PORT, SMTP_PORT, running
from sandbox.serving import HOST, end_of_process

_say = partial(print, flush=True)


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; return 1 when a port is taken."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.mail", description=__doc__)
    parser.add_argument("--smtp-port", type=int, default=SMTP_PORT, help="takes mail (%(default)s)")
    parser.add_argument("--page-port", type=int, default=PAGE_PORT, help="shows it (%(default)s)")
    parser.add_argument("--database", default=":memory:", metavar="FILE", help="keeps mails over a restart")
    given = parser.parse_args(arguments)
    ended = end_of_process()
    try:
        with running(given.database, smtp_port=given.smtp_port, page_port=given.page_port, report=_say) as found:
            _say(f"Local mailbox at {found.url}/, SMTP at {HOST}:{found.smtp_port} (listening on {HOST} only)")
            ended.wait()
    except OSError as error:
        sys.stderr.write(
            f"SMTP port {given.smtp_port} cannot be used ({error.strerror}): choose another by --smtp-port.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
