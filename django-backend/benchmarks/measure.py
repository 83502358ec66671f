"""Runs scenarios in turns with the floor, and reports ratios: on a shared machine figures move, ratios stay."""

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.load import Address, Load, run_load
from benchmarks.scenarios import Scenario, Tokens, floor_requests

_HEAD: Final = (
    "| Request | per second | p50 ms | p99 ms | of the floor | spread | target |\n|---|--:|--:|--:|--:|--:|--:|"
)


@dataclass(frozen=True)
class Plan:
    """How much and how often: a warm-up, rounds of the floor and the scenario in turns, at last the comparisons."""

    tickets: int = 100_000
    seconds: float = 10.0
    warm_up_seconds: float = 2.0
    rounds: int = 3
    comparisons: int = 50


@dataclass(frozen=True)
class Measured:
    """A scenario with its rounds: the load, and the rate of the floor just before it."""

    scenario: Scenario
    rounds: Sequence[tuple[Load, float]]

    @property
    def ratios(self) -> list[float]:
        """Units a second (requests, or the seats they list) over the floor's requests a second, by round."""
        return [load.per_second * self.scenario.units / floor for load, floor in self.rounds]

    def row(self) -> str:
        """Return the line of the table."""
        load = sorted((load for load, _ in self.rounds), key=lambda load: load.per_second)[len(self.rounds) // 2]
        spread = f"{min(self.ratios):.2f}–{max(self.ratios):.2f}"
        cells = (
            self.scenario.name,
            f"{load.per_second * self.scenario.units:,.0f}",
            f"{load.percentile_ms(50):.1f}",
            f"{load.percentile_ms(99):.1f}",
            f"{statistics.median(self.ratios):.2f}",
            spread,
            f"{self.scenario.target:g}" if self.scenario.target else "",
        )
        return f"| {' | '.join(cells)} |"


def measure(address: Address, scenarios: Sequence[Scenario], plan: Plan, log_in: Callable[[], Tokens]) -> Iterator[str]:
    """Yield the lines of the table, each as soon as it is known."""
    yield _HEAD
    floors: list[Load] = []
    for scenario in scenarios:
        tokens = log_in()  # an access token lives for a quarter of an hour, a scenario takes a minute
        rounds = []
        for number in range(plan.rounds):
            if number == 0:
                run_load(address, floor_requests(tokens), seconds=plan.warm_up_seconds)
                run_load(address, scenario.requests(tokens), seconds=plan.warm_up_seconds)
            floor = run_load(address, floor_requests(tokens), seconds=plan.seconds)
            floors.append(floor)
            rounds.append((run_load(address, scenario.requests(tokens), seconds=plan.seconds), floor.per_second))
        yield Measured(scenario, rounds).row()
    if floors:
        yield _floor_row(floors)


def _floor_row(floors: Sequence[Load]) -> str:
    rates = sorted(floor.per_second for floor in floors)
    load = sorted(floors, key=lambda load: load.per_second)[len(floors) // 2]
    spread = f"{rates[0] / load.per_second:.2f}–{rates[-1] / load.per_second:.2f}"
    figures = f"{load.per_second:,.0f} | {load.percentile_ms(50):.1f} | {load.percentile_ms(99):.1f}"
    return f"| **Floor**: `GET /leagues/` | {figures} | 1.00 | {spread} | |"
