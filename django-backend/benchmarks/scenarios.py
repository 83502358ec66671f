"""The requests that are measured. Each write has its own seats, which the seed has made."""

import itertools
import json
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.load import Address, http_request

GAMES: Final = 40
SEATS: Final = 4
CHECKOUT_ROUNDS: Final = 6  # the first one warms up
CHECKOUT_SEATS: Final = 40  # of a listing, so that many buyers can want it at once
_READS_OF_FIVE: Final = 4

Requests = Iterator[bytes]


@dataclass(frozen=True)
class Client:
    """A logged-in client of one product: what its seed made, and an access token for each person by name."""

    seeded: Mapping[str, Any]
    tokens: Mapping[str, str]

    @classmethod
    def logged_in(cls, address: Address, seeded: Mapping[str, Any]) -> "Client":
        """Log everybody in. A token is valid for 15 minutes, so this is done for each scenario."""
        people = seeded["people"].items()
        return cls(seeded, {name: _access_token(address, email, seeded["password"]) for name, email in people})

    def get(self, path: str) -> bytes:
        """Return a request of the reader."""
        return http_request("GET", path, token=self.tokens["reader"])

    def post(self, person: str, path: str, body: Mapping[str, Any]) -> bytes:
        """Return a request of a person with a JSON body."""
        return http_request("POST", path, token=self.tokens[person], body=json.dumps(body).encode())


@dataclass(frozen=True)
class Scenario:
    """A kind of request; each counts as `units` (the seats that it lists)."""

    name: str
    requests: Callable[[Client], Requests]
    units: int = 1


def get(name: str, path: str) -> Scenario:
    """Return a scenario that reads one address as the reader; `{block}` is a block listed at every game."""
    return Scenario(name, lambda client: itertools.repeat(client.get(path.format(**client.seeded))))


def visit(name: str, path: str) -> Scenario:
    """Return a scenario that reads one address without an account; `{event}` is an event with listings on sale."""
    return Scenario(name, lambda client: itertools.repeat(http_request("GET", path.format(**client.seeded))))


FLOOR: Final = get("`GET /leagues/`", "/api/v1/leagues/")


def scenarios() -> list[Scenario]:
    """Return everything that is measured, reads first."""
    tickets = get("`GET /tickets/` page of 20", "/api/v1/tickets/?page_size=20")
    events = get("`GET /events/` page of 20", "/api/v1/events/?page_size=20")
    availability = get(f"Availability, {GAMES} games × {SEATS} seats", "/api/v1/season-tickets/{block}/availability/")
    listings = get("`GET /listings/` page of 20", "/api/v1/listings/?page_size=20")
    single = Scenario("Single listing of 2 seats", lambda client: _written(client, "single", _single_listing))
    reads = [
        listings,
        get("`GET /listings/` page of 20, expand", "/api/v1/listings/?page_size=20&expand=event"),
        get("`GET /listings/` page of 100", "/api/v1/listings/?page_size=100"),
        tickets,
        get("`GET /tickets/` page of 20, expand", "/api/v1/tickets/?page_size=20&expand=event"),
        events,
        availability,
        visit("Market: page of 20 events", "/api/v1/market/events/"),
        visit("Market: page of 20 listings for two", "/api/v1/market/events/{event}/listings/?quantity=2"),
        Scenario("Health check", _health_checks),
    ]
    writes = [
        single,
        Scenario(
            f"Season listing, {GAMES} games × {SEATS} seats: seats",
            lambda client: _written(client, "season", _season_listing),
            units=GAMES * SEATS,
        ),
        Scenario("Sale of one seat", lambda client: _written(client, "sale", _sale)),
    ]
    mixed = Scenario("Mixed, 80 % reads", lambda client: _mixed(client, (FLOOR, listings, tickets, events), single))
    return [*reads, *writes, mixed]


def _health_checks(client: Client) -> Requests:
    token = client.seeded["health_check_token"]
    return itertools.repeat(http_request("GET", "/api/health-check/?format=json", token=token))


def _mixed(client: Client, reads: Iterable[Scenario], write: Scenario) -> Requests:
    each = itertools.cycle([read.requests(client) for read in reads])
    for request in write.requests(client):
        yield from (next(next(each)) for _ in range(_READS_OF_FIVE))
        yield request


def _written(client: Client, kind: str, request: Callable[[Client, Any], bytes]) -> Requests:
    # The list gets shorter, so that no round writes the same as another.
    unused = client.seeded[kind]
    while unused:
        yield request(client, unused.pop())


def _season_listing(client: Client, block: str) -> bytes:
    body = {"events": "all", "price": {"default": "100.00"}}
    return client.post("writer", f"/api/v1/season-tickets/{block}/listings/", body)


def _single_listing(client: Client, place: list[str]) -> bytes:
    block, event = place
    body = {"season_ticket": block, "event": event, "seats": ["1", "2"], "price": "100.00"}
    return client.post("writer", "/api/v1/listings/", body)


def _sale(client: Client, listing: str) -> bytes:
    body = {"listing": listing, "invoice_number": listing, "price": "100.00", "seats": ["1"]}
    return client.post("staff", "/api/v1/staff/sales/", body | client.seeded["sale_terms"])


def _access_token(address: Address, email: str, password: str) -> str:
    request = urllib.request.Request(
        address.url("/api/v1/accounts/app/v1/auth/login"),
        data=json.dumps({"email": email, "password": password}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["meta"]["access_token"])
