"""Measures the product on this machine and prints tables: `python -m benchmarks.run [--quick]` from django-backend/.

It starts its own servers, web, worker and beat, as production does, and needs nothing else. With `--against` it
starts those of another commit as well and takes turns.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from benchmarks.checkout import Checkout, code_of, running
from benchmarks.limits import checkouts_at_once, comparisons, empty_application, listed_to_slack
from benchmarks.measure import HEAD, HEAD_AGAINST, Measured, Plan, measure, table
from benchmarks.scenarios import FLOOR, scenarios

LIMITS: Final = "limits"


def main(arguments: list[str]) -> int:
    """Measure and print; return the exit code."""
    options = _options(arguments)
    plan = Plan(seconds=1.0, warm_up_seconds=0.3, rounds=1) if options.quick else Plan(options.seconds)
    seeding = {"tickets": options.tickets, "seconds": plan.seconds_of_writing}
    names = {"now": None} | ({"then": options.against} if options.against else {})
    with tempfile.TemporaryDirectory(prefix="stt-benchmark-") as name, ExitStack() as stack:
        folder = Path(name)
        folder.chmod(0o711)  # the servers' own account passes through
        checkouts = []
        for label, commit in names.items():
            backend = stack.enter_context(code_of(commit, folder))
            started = running(label, backend, folder, durable=options.durable, seeding=seeding)
            checkouts.append(stack.enter_context(started))
        for line in _report(checkouts, plan, options):
            print(line, flush=True)
    return 0


def _report(checkouts: Sequence[Checkout], plan: Plan, options: argparse.Namespace) -> Iterator[str]:
    now = checkouts[0]
    disk = "waits for the disk" if options.durable else "does not wait for the disk"
    yield f"{options.tickets:,} tickets, 16 clients, {plan.rounds} × {plan.seconds:g} s, the database {disk}\n"
    chosen = [one for one in (FLOOR, *scenarios()) if options.only.lower() in one.name.lower()]
    results: list[list[Measured]] = []

    def rows() -> Iterator[list[str]]:
        for measured in measure(checkouts, chosen, plan):
            results.append(measured)
            yield measured[0].row()

    if chosen:
        yield from table(HEAD, rows())
    if chosen and options.against:
        yield ""
        yield from table(HEAD_AGAINST, (mine.row_against(other) for mine, other in results))
    if options.only in {"", LIMITS}:
        yield f"\nThe server with an empty application: {empty_application(now, plan.seconds):,.0f} requests a second"
        yield listed_to_slack(now, times=3 if options.quick else 20)
        for checkout in checkouts:
            yield f"\n{checkout.name.capitalize()}:\n{comparisons(checkout, rounds=5 if options.quick else 50)}"
        yield checkouts_at_once(now)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, not how fast")
    parser.add_argument("--tickets", type=int, default=100_000, help="rows to measure on (default: 100000)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of the three runs (default: 10)")
    parser.add_argument(
        "--only",
        default="",
        metavar="WORD",
        help=f"only scenarios with this word in their name; `{LIMITS}`: none of them",
    )
    parser.add_argument("--against", metavar="COMMIT", help="take turns with another commit and print the ratios")
    parser.add_argument("--durable", action="store_true", help="the database waits for the disk, as in production")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
