"""A seeded database and what is asked of it."""

import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.db import connection
from django.utils import timezone

from apps.listings.models import SeasonTicket
from benchmarks.load import Address
from benchmarks.measure import Plan, measure
from benchmarks.plain_sql import compare
from benchmarks.scenarios import Blocks, Scenario, Tokens, read_scenarios, write_scenarios
from benchmarks.seed import PASSWORD, Seeded, seed

# The fastest machine seen lists 200 times a second; a run that runs out of requests just ends sooner.
_WRITES_PER_SECOND = 400


@dataclass
class Session:
    """The seed, the plan of the measurements, and the time of the seed."""

    seeded: Seeded
    plan: Plan
    now: datetime

    @classmethod
    def prepared(cls, *, quick: bool, tickets: int, seconds: float = 10.0) -> "Session":
        """Fill the database of the environment."""
        now = timezone.now()
        plan = (
            Plan(tickets, seconds=1.0, warm_up_seconds=0.3, rounds=1, comparisons=5)
            if quick
            else Plan(tickets, seconds)
        )
        return cls(seed(tickets=tickets, now=now), plan, now)

    def lines(self, address: Address, *, only: str = "") -> Iterator[str]:
        """Measure, and yield the lines of the report."""
        scenarios = [scenario for scenario in self._scenarios() if only.lower() in scenario.name.lower()]
        connection.close()
        yield f"{self.plan.tickets:,} tickets, 16 clients, {self.plan.rounds} × {self.plan.seconds:g} s\n"
        yield from measure(address, scenarios, self.plan, lambda: self._log_in(address))
        if only in {"", "plain"}:
            yield from compare(address, self._blocks, self._log_in(address), rounds=self.plan.comparisons)

    @cached_property
    def _blocks(self) -> Blocks:
        return Blocks(self.seeded, self.now)

    def _scenarios(self) -> list[Scenario]:
        first_block = SeasonTicket.objects.filter(holder__user=self.seeded.reader).order_by("id")[0]
        writes = write_scenarios(self._blocks, requests=int(_WRITES_PER_SECOND * self.plan.seconds))
        return [*read_scenarios(first_block.id), *writes]

    def _log_in(self, address: Address) -> Tokens:
        people = (self.seeded.reader, self.seeded.writer, self.seeded.staff)
        return Tokens(*(_access_token(address, person.email) for person in people))


def _access_token(address: Address, email: str) -> str:
    request = urllib.request.Request(
        f"http://{address.host}:{address.port}/api/v1/accounts/app/v1/auth/login",
        data=json.dumps({"email": email, "password": PASSWORD}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["meta"]["access_token"])
