"""The requests that are measured, each with the part of the floor that it has to reach."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.listings.models import Listing
from benchmarks.load import http_request
from benchmarks.seed import GAMES, SEATS, Seeded, add_blocks, add_listings

FLOOR_PATH: Final = "/api/v1/leagues/"


@dataclass(frozen=True)
class Tokens:
    """Access tokens of the three people of the seed."""

    reader: str
    writer: str
    staff: str


@dataclass(frozen=True)
class Scenario:
    """A kind of request.

    `requests` makes as many as are needed, `target` is the least ratio to the floor, and one request counts as `units`
    (the seats that it lists).
    """

    name: str
    target: float
    requests: Callable[[Tokens], Iterator[bytes]]
    units: int = 1


def floor_requests(tokens: Tokens) -> Iterator[bytes]:
    """Return the cheapest authenticated request, again and again."""
    return itertools.repeat(http_request("GET", FLOOR_PATH, token=tokens.reader))


def read(name: str, path: str, target: float) -> Scenario:
    """Return a scenario that reads one address."""
    return Scenario(name, target, lambda tokens: itertools.repeat(http_request("GET", path, token=tokens.reader)))


def read_scenarios(block: UUID) -> list[Scenario]:
    """Return the reads of a holder with 500 tickets; `block` is one of the holder's, listed for every game."""
    lists = [
        read(f"`GET /{name}/` page of {size}{', expand' if expand else ''}", f"/api/v1/{name}/?{query}", target)
        for name, size, target in (("listings", 20, 0.4), ("tickets", 20, 0.4), ("listings", 100, 0.0))
        for expand in (False, True)
        for query in [f"page_size={size}{'&expand=event' if expand else ''}"]
    ]
    availability = read("Availability, 40 games × 4 seats", f"/api/v1/season-tickets/{block}/availability/", 0.3)
    return [*lists, availability]


class Blocks:
    """Blocks of the writer that nothing was listed in, made when they are needed."""

    def __init__(self, seeded: Seeded, now: datetime) -> None:
        self.seeded, self.now = seeded, now
        self._batches = itertools.count(1)

    def make(self, count: int, *, on_sale: bool = False) -> list[UUID]:
        """Return the ids of so many new blocks; `on_sale`: with listings at every game."""
        batch = next(self._batches)
        prefix = f"W{batch}-"
        ids = add_blocks(self.seeded, prefix=prefix, count=count, first=(16 + batch) << 32, now=self.now)
        if on_sale:
            add_listings(self.seeded, prefix=prefix, blocks=count, now=self.now)
        return ids


def write_scenarios(blocks: Blocks, *, requests: int) -> list[Scenario]:
    """Return the writes; each run may send so many requests, every one of them for seats of its own."""
    return [
        Scenario(
            f"Season listing, {GAMES} games × {SEATS} seats: seats",
            20,
            lambda tokens: _season_listings(blocks.make(requests), tokens),
            units=GAMES * SEATS,
        ),
        Scenario("Single listing of 2 seats", 0.3, lambda tokens: _listings(blocks, requests, tokens)),
        Scenario("Sale of one seat", 0.2, lambda tokens: _sales(blocks, requests, tokens)),
    ]


# The blocks are made before the first request is sent, not while the clock runs.


def _season_listings(ids: list[UUID], tokens: Tokens) -> Iterator[bytes]:
    body = json.dumps({"events": "all", "price": {"default": "100.00"}}).encode()
    paths = (f"/api/v1/season-tickets/{block}/listings/" for block in ids)
    return (http_request("POST", path, token=tokens.writer, body=body) for path in paths)


def _listings(blocks: Blocks, requests: int, tokens: Tokens) -> Iterator[bytes]:
    ids = blocks.make(-(-requests * 4 // GAMES))
    bodies = (
        {"season_ticket": str(block), "event": str(event), "seats": ["1", "2"], "price": "100.00"}
        for event in blocks.seeded.events
        for block in ids
    )
    return (
        http_request("POST", "/api/v1/listings/", token=tokens.writer, body=json.dumps(body).encode())
        for body in bodies
    )


def _sales(blocks: Blocks, requests: int, tokens: Tokens) -> Iterator[bytes]:
    ids = blocks.make(-(-requests // GAMES), on_sale=True)
    listings = list(Listing.objects.filter(season_ticket__in=ids).values_list("id", flat=True))
    terms = {"seats": ["1"], "marketplace": blocks.seeded.marketplace.code, "sold_at": blocks.now.isoformat()}
    bodies = ({"listing": str(id_), "invoice_number": str(id_), "price": "100.00", **terms} for id_ in listings)
    return (
        http_request("POST", "/api/v1/staff/sales/", token=tokens.staff, body=json.dumps(body).encode())
        for body in bodies
    )
