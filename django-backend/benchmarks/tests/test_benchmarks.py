"""The benchmarks themselves: they run from end to end with tiny parameters, and the seed makes what it says."""

import itertools
import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from apps.listings.models import Listing, Ticket
from benchmarks.load import Address, Load
from benchmarks.measure import Measured, Round
from benchmarks.scenarios import Client, Scenario, scenarios
from benchmarks.seed import HOLDER_TICKETS, TICKETS_PER_BLOCK, seed
from benchmarks.traffic import Outcome, Traffic
from config.environment import BACKEND_DIR


@pytest.mark.django_db
def test_the_seed_has_the_requested_tickets() -> None:
    seeded = seed(tickets=2_000, now=datetime(2039, 1, 1, tzinfo=UTC))
    assert 2_000 - TICKETS_PER_BLOCK < Ticket.objects.count() <= 2_000
    mine = Ticket.objects.filter(listing__holder__user=seeded.reader)
    assert mine.count() == HOLDER_TICKETS
    assert Listing.objects.filter(tickets=None).count() == 0


def _measured(*floors_and_seconds: tuple[float, float]) -> Measured:
    """Rounds of 100 requests of 4 seats, answered in 1 to 100 ms, each with 50 ms of CPU in the web."""
    latencies = tuple(n / 1000 for n in range(1, 101))
    rounds = [Round(Load(seconds, latencies), floor, {"web": 5.0}) for floor, seconds in floors_and_seconds]
    return Measured(Scenario("seats", lambda _: iter(()), units=4), rounds)


def test_a_row_says_rates_cost_and_ratio_to_the_floor() -> None:
    """400 seats a second, the floor at 50 and at 200 requests: 8 and 2 times the floor."""
    row = " | ".join(_measured((50.0, 1.0), (200.0, 1.0)).row())
    assert row == "seats | 400 | 50.5 | 99.0 | 50.0 | 0.0 | 0.0 | 0.0 | 5.00 | 2.00–8.00"


def test_two_checkouts_are_compared_turn_by_turn() -> None:
    """Half a second against one, and two against one."""
    now, then = _measured((50.0, 0.5), (50.0, 2.0)), _measured((50.0, 1.0), (50.0, 1.0))
    assert now.row_against(then) == ["seats", "50.0", "50.0", "1.25", "0.50–2.00"]


def test_no_two_requests_write_the_same() -> None:
    client = Client({"season": ["a", "b", "c"]}, {"writer": "token"})
    season = next(one for one in scenarios() if one.name.startswith("Season"))
    paths = [request.split()[1] for _ in range(3) for request in itertools.islice(season.requests(client), 1)]
    assert len(set(paths)) == 3
    assert list(season.requests(client)) == []


def test_the_drill_counts_errors_and_the_longest_time_without_an_answer() -> None:
    traffic = Traffic(Address("127.0.0.1", 9), Client({"single": []}, {}))
    reads = [Outcome(at, False, error) for at, error in ((1.0, ""), (2.0, "500"), (5.5, ""), (6.0, ""), (30.0, "500"))]
    traffic.outcomes = [*reads, Outcome(3.0, True, "503"), Outcome(3.5, True, "")]
    assert traffic.count(0, 10) == 6
    assert traffic.errors(0, 10) == {"500": 1, "503": 1}
    assert traffic.longest_gap(0, 10, is_write=False) == 4.5
    assert traffic.longest_gap(0, 10, is_write=True) == 6.5


@pytest.mark.stack
def test_the_command_prints_its_table() -> None:
    """The product's own servers and processes; a word in `--only` keeps it short."""
    command = [sys.executable, "-m", "benchmarks.run", "--quick", "--tickets", "1000", "--only", "page of 20, expand"]
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        command, cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("page of 20, expand") == 2
    assert "Celery" in done.stdout
