"""Which games of a season are listed, and for how much: values in, values out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.errors import ErrorDetail
from apps.season_tickets.rules.home_games import event_problems


@dataclass(frozen=True)
class SeasonRequest:
    """What the holder asked for; `events` None means every open game, prices are cents a seat."""

    events: Sequence[UUID] | None
    excluded: Sequence[UUID] = ()
    default_price_cents: int | None = None
    price_cents_by_event: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True)
class SeasonPlan:
    """Cents a seat by game, in the order of the games; `problems` must be empty to go on."""

    prices_cents: dict[UUID, int]
    problems: list[ErrorDetail]


def season_plan(*, games: Mapping[UUID, str], listable: Collection[UUID], request: SeasonRequest) -> SeasonPlan:
    """Return what a request means for the home games of a block, naming every item of it that means nothing.

    `games` are their labels, in the order in which they are listed.
    "All" means the `listable` ones; whether a game that is named can be listed is left to the check of its offer.
    """
    named, excluded = request.events or (), request.excluded
    problems = [*event_problems("events", named, games), *event_problems("except", excluded, games)]
    wanted = set(listable if request.events is None else named) - set(excluded)
    chosen = [game for game in games if game in wanted]
    if not chosen and not problems:
        problems.append(ErrorDetail("No open home game is left to list.", "events"))
    by_event, default = request.price_cents_by_event, request.default_price_cents
    problems += [
        ErrorDetail("This event is not among those to list.", f"price.by_event.{event}")
        for event in by_event
        if event not in chosen
    ]
    prices = {game: by_event.get(game, default) for game in chosen}
    problems += [
        ErrorDetail(f"{games[game]} has no price of its own, and there is no default.", "price")
        for game, price in prices.items()
        if price is None
    ]
    return SeasonPlan({game: price for game, price in prices.items() if price is not None}, problems)
