"""What scenarios are compared with: the server alone, the database alone, and how soon staff read about a listing."""

import itertools
import sqlite3
import statistics
import time
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Final

from benchmarks.checkout import Checkout, free_port
from benchmarks.load import CLIENTS, Address, http_request, run_load
from benchmarks.scenarios import Client, scenarios

_PATIENCE_SECONDS: Final = 60


def empty_application(checkout: Checkout, seconds: float) -> float:
    """Return how many requests a second the web server answers if the application does nothing."""
    bare = replace(checkout, address=Address("127.0.0.1", free_port()), processes={})
    with ExitStack() as stack:
        bare.serve(stack, "benchmarks.empty")
        return run_load(bare.address, itertools.repeat(http_request("GET", "/")), seconds=seconds).per_second


def listed_to_slack(checkout: Checkout, *, times: int) -> str:
    """Return how long after the answer to a new listing its message is in Slack; messages wait a second on purpose."""
    client = Client.logged_in(checkout.address, checkout.seeded)
    requests = next(one for one in scenarios() if one.name.startswith("Single")).requests(client)
    waits = []
    with closing(sqlite3.connect(checkout.slack)) as slack:
        for request in itertools.islice(requests, times):
            checkout.settle()
            before = _messages(slack)
            run_load(checkout.address, [request], seconds=60, clients=1)
            begin = time.monotonic()
            while _messages(slack) == before and time.monotonic() < begin + _PATIENCE_SECONDS:
                time.sleep(0.02)
            waits.append(time.monotonic() - begin)
    return f"From listing to Slack: median {statistics.median(waits):.1f} s, longest {max(waits):.1f} s"


def comparisons(checkout: Checkout, *, rounds: int) -> str:
    """Return the table of the API against plain SQL; one client against one connection, in turns."""
    client = Client.logged_in(checkout.address, checkout.seeded)
    token, blocks = client.tokens, [checkout.seeded["season"].pop() for _ in range(2 * rounds)]
    # One client meets all threads in turn. On a new connection PostgreSQL compiles triggers and plans foreign keys.
    season = next(one for one in scenarios() if one.name.startswith("Season")).requests(client)
    run_load(checkout.address, itertools.islice(season, 4 * CLIENTS), seconds=_PATIENCE_SECONDS)
    checkout.settle()
    address = f"{checkout.address.host}:{checkout.address.port}"
    return checkout.child("benchmarks.plain_sql", address, token["reader"], token["writer"], *blocks)


def checkouts_at_once(checkout: Checkout) -> str:
    """Return the table of checkouts of different events and of one listing, each against plain SQL, in turns."""
    return checkout.child("benchmarks.checkouts", *checkout.seeded["checkout"])


def _messages(slack: sqlite3.Connection) -> int:
    return int(slack.execute("SELECT count(*) FROM messages").fetchone()[0])
