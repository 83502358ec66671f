"""Which games of a season are listed, and for how much: values in, values out."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.errors import ErrorDetail


@dataclass(frozen=True)
class Game:
    """A home game of the block and the seats wanted there.

    `closed` says why seats cannot be listed for it, None that they can; `seats` are those to list, withheld ones left
    out. At another venue than that of the block it is listed by its id only; `no_seats` says that it cannot be either.
    """

    id: UUID
    closed: str | None
    seats: tuple[str, ...]
    is_elsewhere: bool = False
    no_seats: str | None = None


@dataclass(frozen=True)
class SeasonWish:
    """What the holder asked for; `events` None means every open game, prices are cents a seat."""

    events: Sequence[UUID] | None
    excluded: Sequence[UUID] = ()
    default_price_cents: int | None = None
    price_cents_by_event: Mapping[UUID, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PlannedGame:
    """A game to list: for how many cents a seat, and its place in the request if it was named there."""

    game: Game
    price_cents: int
    place: str | None = None

    def problem(self, detail: ErrorDetail) -> ErrorDetail:
        """Return what is wrong with this game, naming it."""
        return ErrorDetail(f"Event {self.game.id}: {detail.detail}", self.place or detail.attr)


@dataclass(frozen=True)
class SeasonPlan:
    """The games to list, in the order of `games`; `problems` must be empty to go on."""

    games: list[PlannedGame]
    problems: list[ErrorDetail]


def season_plan(*, games: Sequence[Game], wish: SeasonWish) -> SeasonPlan:
    """Return what a wish means for the home games of a block, naming every item of it that means nothing.

    "All" leaves out games that are closed, elsewhere or have no seat left to list; games named by id must be open and
    have one.
    """
    known = {game.id: game for game in games}
    problems = problems_of_event_ids("events", wish.events or (), known)
    problems += problems_of_event_ids("except", wish.excluded, known)
    chosen = {game.id: game for game in _chosen(games, wish)}
    problems += _problems_of_named_games(wish, chosen)
    if not chosen and not problems:
        problems.append(ErrorDetail("No open home game is left to list.", "events"))
    problems += [
        ErrorDetail("This event is not among those to list.", f"price.by_event.{event}")
        for event in wish.price_cents_by_event
        if event not in chosen
    ]
    places = {event: f"events.{index}" for index, event in enumerate(wish.events or ())}
    planned = []
    for game in chosen.values():
        price = wish.price_cents_by_event.get(game.id, wish.default_price_cents)
        if price is None:
            problems.append(ErrorDetail(f"Event {game.id} has no price of its own and there is no default.", "price"))
        else:
            planned.append(PlannedGame(game, price, places.get(game.id)))
    return SeasonPlan(planned, problems)


def _chosen(games: Sequence[Game], wish: SeasonWish) -> list[Game]:
    excluded = set(wish.excluded)
    if wish.events is None:
        near = [game for game in games if not game.is_elsewhere and game.id not in excluded]
        return [game for game in near if game.closed is None and game.seats]
    wanted = set(wish.events)
    return [game for game in games if game.id in wanted and game.id not in excluded]


def _problems_of_named_games(wish: SeasonWish, chosen: Mapping[UUID, Game]) -> list[ErrorDetail]:
    problems = []
    for index, event in enumerate(wish.events or ()):
        if event not in chosen:
            continue
        if reason := chosen[event].closed:
            problems.append(ErrorDetail(f"Seats cannot be listed for this event: it {reason}.", f"events.{index}"))
        elif reason := chosen[event].no_seats:
            problems.append(ErrorDetail(reason, f"events.{index}", "other_venue"))
        elif not chosen[event].seats:
            sentence = "No seat is left to list for this event: all are withheld."
            problems.append(ErrorDetail(sentence, f"events.{index}"))
    return problems


def problems_of_event_ids(name: str, events: Sequence[UUID], known: Container[UUID]) -> list[ErrorDetail]:
    """Return a sentence for each id of the request's list `name` that is not a known home game, or is named again."""
    problems, seen = [], set[UUID]()
    for index, event in enumerate(events):
        if event not in known:
            problems.append(ErrorDetail("This is not a home game of the season ticket.", f"{name}.{index}"))
        elif event in seen:
            problems.append(ErrorDetail("This event is named twice.", f"{name}.{index}"))
        seen.add(event)
    return problems
