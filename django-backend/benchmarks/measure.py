"""Runs each scenario on the checkouts in turns, next to the floor: on a shared machine rates change, ratios do not."""

import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.checkout import Checkout
from benchmarks.load import Load, run_load
from benchmarks.scenarios import FLOOR, Client, Scenario

_PARTS: Final = ("web", "PostgreSQL", "Celery", "Redis")


@dataclass(frozen=True)
class Plan:
    """How long and how often: a warm-up, then rounds of the floor and the scenario in turns."""

    seconds: float = 10.0
    warm_up_seconds: float = 2.0
    rounds: int = 3

    @property
    def seconds_of_writing(self) -> int:
        """How long one scenario writes on one checkout."""
        return int(self.rounds * self.seconds + self.warm_up_seconds) + 1


@dataclass(frozen=True)
class Round:
    """One run of a scenario: its load, the floor's rate just before, and the CPU seconds of each part."""

    load: Load
    floor: float
    cpu: Mapping[str, float]

    def cpu_ms(self, part: str) -> float:
        """Return the milliseconds that a part has used for each request."""
        return self.cpu.get(part, 0.0) * 1000 / len(self.load.latencies)


@dataclass(frozen=True)
class Measured:
    """The rounds of one scenario on one checkout."""

    scenario: Scenario
    rounds: Sequence[Round]

    @property
    def rates(self) -> list[float]:
        """Units a second, by round."""
        return [one.load.per_second * self.scenario.units for one in self.rounds]

    @property
    def cpu_ms(self) -> list[float]:
        """The median milliseconds of CPU for one request, by part."""
        return [statistics.median(one.cpu_ms(part) for one in self.rounds) for part in _PARTS]

    def row(self) -> list[str]:
        """Return the cells of the table."""
        of_floor = [rate / one.floor for rate, one in zip(self.rates, self.rounds, strict=True)]
        middle = sorted((one.load for one in self.rounds), key=lambda load: load.per_second)[len(self.rounds) // 2]
        return [
            self.scenario.name,
            f"{middle.per_second * self.scenario.units:,.0f}",
            f"{middle.percentile_ms(50):.1f}",
            f"{middle.percentile_ms(99):.1f}",
            *(f"{cost:.1f}" for cost in self.cpu_ms),
            *_ratio(of_floor),
        ]

    def row_against(self, other: "Measured") -> list[str]:
        """Return the cells that compare this checkout with another one, turn by turn."""
        ratios = [now / then for now, then in zip(self.rates, other.rates, strict=True)]
        return [self.scenario.name, f"{sum(other.cpu_ms):.1f}", f"{sum(self.cpu_ms):.1f}", *_ratio(ratios)]


def measure(checkouts: Sequence[Checkout], scenarios: Sequence[Scenario], plan: Plan) -> Iterator[list[Measured]]:
    """Yield the results of each scenario, one for each checkout, as soon as they are known."""
    for scenario in scenarios:
        rounds: list[list[Round]] = [[] for _ in checkouts]
        clients = [Client.logged_in(checkout.address, checkout.seeded) for checkout in checkouts]
        for checkout, client in zip(checkouts, clients, strict=True):
            for kind in (FLOOR, scenario):
                run_load(checkout.address, kind.requests(client), seconds=plan.warm_up_seconds)
        for _ in range(plan.rounds):
            for checkout, client, done in zip(checkouts, clients, rounds, strict=True):
                checkout.settle()
                done.append(_round(checkout, scenario, client, plan.seconds))
        yield [Measured(scenario, done) for done in rounds]


def table(head: str, rows: Iterator[list[str]]) -> Iterator[str]:
    """Yield the lines of a Markdown table; numbers are on the right."""
    yield head
    yield "|--" + "|--:" * (head.count("|") - 2) + "|"
    for row in rows:
        yield f"| {' | '.join(row)} |"


HEAD: Final = f"| Request | per second | p50 ms | p99 ms | {' | '.join(_PARTS)} CPU ms | of the floor | spread |"
HEAD_AGAINST: Final = "| Request | CPU ms then | CPU ms now | now ÷ then | spread |"


def _round(checkout: Checkout, scenario: Scenario, client: Client, seconds: float) -> Round:
    floor = run_load(checkout.address, FLOOR.requests(client), seconds=seconds)
    checkout.settle()
    before = checkout.cpu()
    load = run_load(checkout.address, scenario.requests(client), seconds=seconds)
    checkout.settle()  # the work left to the workers is part of the cost
    return Round(load, floor.per_second, {part: used - before[part] for part, used in checkout.cpu().items()})


def _ratio(ratios: Sequence[float]) -> list[str]:
    return [f"{statistics.median(ratios):.2f}", f"{min(ratios):.2f}–{max(ratios):.2f}"]
