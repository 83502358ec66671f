"""Which games of a season are listed, and for how much: values in, values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.errors import ErrorDetail


@dataclass(frozen=True)
class Game:
    """A home game of the block; `closed` says why seats cannot be listed for it, None that they can."""

    id: UUID
    closed: str | None


@dataclass(frozen=True)
class SeasonWish:
    """What the holder asked for; `events` None means every open game, prices are cents a seat."""

    events: Sequence[UUID] | None
    excluded: Sequence[UUID] = ()
    default_price_cents: int | None = None
    price_cents_by_event: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeasonPlan:
    """The games to list, in the order of `games`, each with its price; `problems` must be empty to go on."""

    price_cents_by_game: dict[UUID, int]
    problems: list[ErrorDetail]


def season_plan(*, games: Sequence[Game], wish: SeasonWish) -> SeasonPlan:
    """Return what a wish means for the home games of a block, naming every item of it that means nothing."""
    known = {game.id: game for game in games}
    problems = _problems_of_ids("events", wish.events or (), known) + _problems_of_ids("except", wish.excluded, known)
    chosen = _chosen(games, wish)
    if wish.events is not None:
        problems += [
            ErrorDetail(f"Seats cannot be listed for this event: it {known[event].closed}.", f"events.{index}")
            for index, event in enumerate(wish.events)
            if event in chosen and known[event].closed
        ]
    if not chosen and not problems:
        problems.append(ErrorDetail("No open home game is left to list.", "events"))
    problems += [
        ErrorDetail("This event is not among those to list.", f"price.by_event.{event}")
        for event in wish.price_cents_by_event
        if event not in chosen
    ]
    prices: dict[UUID, int] = {}
    for event in chosen:
        price = wish.price_cents_by_event.get(event, wish.default_price_cents)
        if price is None:
            problems.append(ErrorDetail(f"Event {event} has no price of its own and there is no default.", "price"))
        else:
            prices[event] = price
    return SeasonPlan(prices, problems)


def _chosen(games: Sequence[Game], wish: SeasonWish) -> list[UUID]:
    excluded = set(wish.excluded)
    if wish.events is None:
        return [game.id for game in games if game.closed is None and game.id not in excluded]
    wanted = set(wish.events)
    return [game.id for game in games if game.id in wanted and game.id not in excluded]


def _problems_of_ids(name: str, events: Sequence[UUID], known: Mapping[UUID, Game]) -> list[ErrorDetail]:
    problems, seen = [], set[UUID]()
    for index, event in enumerate(events):
        if event not in known:
            problems.append(ErrorDetail("This is not a home game of the season ticket.", f"{name}.{index}"))
        elif event in seen:
            problems.append(ErrorDetail("This event is named twice.", f"{name}.{index}"))
        seen.add(event)
    return problems
