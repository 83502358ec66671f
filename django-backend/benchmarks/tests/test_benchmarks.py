"""The measurements themselves: with tiny parameters they run from end to end, and the seed is what it says."""

import os
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from apps.listings.models import Listing, Ticket
from benchmarks.load import Load
from benchmarks.measure import Measured
from benchmarks.scenarios import Scenario
from benchmarks.seed import HOLDER_TICKETS, TICKETS_PER_BLOCK, seed
from config.environment import BACKEND_DIR


@pytest.mark.django_db
def test_the_seed_has_the_tickets_asked_for() -> None:
    seeded = seed(tickets=2_000, now=datetime(2039, 1, 1, tzinfo=UTC))
    assert 2_000 - TICKETS_PER_BLOCK < Ticket.objects.count() <= 2_000
    mine = Ticket.objects.filter(listing__holder__user=seeded.reader)
    assert mine.count() == HOLDER_TICKETS
    assert Listing.objects.filter(tickets=None).count() == 0


def test_a_row_tells_ratio_and_spread() -> None:
    """100 requests of 4 seats in a second, the floor at 50 and at 200: 8 and 2 times the floor."""
    load = Load(1.0, tuple(n / 1000 for n in range(1, 101)))
    row = Measured(Scenario("seats", 2, lambda tokens: iter(()), units=4), [(load, 50.0), (load, 200.0)]).row()
    assert row == "| seats | 400 | 50.5 | 99.0 | 5.00 | 2.00–8.00 | 2 |"


@pytest.mark.stack
def test_the_command_prints_its_table() -> None:
    """The product's own servers; a word in `--only` keeps it short."""
    command = [sys.executable, "-m", "benchmarks.run", "--quick", "--tickets", "1000", "--only", "page of 20, expand"]
    environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        command, cwd=BACKEND_DIR, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("page of 20, expand") == 2
    assert "| **Floor**: `GET /leagues/` |" in done.stdout
