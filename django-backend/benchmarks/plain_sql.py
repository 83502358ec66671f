"""The same work in plain SQL by psycopg2: nothing above the database can be faster.

`python -m benchmarks.plain_sql HOST:PORT READER WRITER BLOCK…`: access tokens, and two unlisted blocks for each round.
"""

import statistics
import sys
import time
from collections.abc import Callable
from typing import Final

import django

django.setup()

import orjson  # noqa: E402
import psycopg2.extras  # noqa: E402
from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.common.ids import uuid7  # noqa: E402
from apps.listings.models import Listing  # noqa: E402
from apps.listings.selectors.listings import listing_rows  # noqa: E402
from apps.users.models import User  # noqa: E402
from benchmarks.load import Address, http_request, run_load  # noqa: E402
from benchmarks.scenarios import GAMES, SEATS  # noqa: E402

_BLOCK: Final = """
SELECT holder.id, holder.user_id, block.section, block."row"
FROM listings_seasonticket AS block JOIN holders_ticketholder AS holder ON holder.id = block.holder_id
WHERE block.id = %s
"""
_LISTING: Final = (
    "INSERT INTO listings_listing (id, created_at, updated_at, holder_id, season_ticket_id, event_id, status,"
    " status_changed_at, price_cents, base_price_cents, currency, floor_basis, price_steps, split_rule,"
    " custom_quantities, delivery_type, disclosures, notes) VALUES %s"
)
_TICKET: Final = (
    "INSERT INTO listings_ticket (id, created_at, updated_at, listing_id, event_id, section, row, seat, position,"
    " status) VALUES %s"
)
_HISTORY: Final = (
    "INSERT INTO listings_listingevent (listing_id, actor_id, source, change, from_status, to_status, at, note)"
    " VALUES %s"
)


def main(arguments: list[str]) -> None:
    """Print a line for each comparison: one client against one connection, in turns, medians of the milliseconds."""
    address, reader, writer, *blocks = arguments
    host, _, port = address.partition(":")
    web = Address(host, int(port))
    rounds = len(blocks) // 2
    paths = (f"/api/v1/season-tickets/{block}/listings/" for block in blocks[:rounds])
    body = b'{"events": "all", "price": {"default": "100.00"}}'
    plain = iter(blocks[rounds:])
    season = _in_turns(
        lambda: _answered(web, http_request("POST", next(paths), token=writer, body=body)),
        lambda: _insert_season(next(plain)),
        rounds,
    )
    print("\n| One client | API ms | plain SQL ms | ratio | target |\n|---|--:|--:|--:|--:|")
    print(_line("Season listing against INSERT … VALUES of its rows: plain ÷ API", *season, plain_over_api=True))
    page = http_request("GET", "/api/v1/listings/?page_size=100", token=reader)
    user = User.objects.get(email="holder0@example.com")
    pages = _in_turns(lambda: _answered(web, page), lambda: _page_of_100(user), rounds)
    print(_line("Page of 100 against its SQL and orjson: API ÷ plain", *pages, plain_over_api=False))


def _line(name: str, api: float, plain: float, *, plain_over_api: bool) -> str:
    ratio, target = (plain / api, "≥ 0.5") if plain_over_api else (api / plain, "≤ 3")
    return f"| {name} | {api * 1000:.1f} | {plain * 1000:.1f} | {ratio:.2f} | {target} |"


def _in_turns(api: Callable[[], float], plain: Callable[[], None], rounds: int) -> tuple[float, float]:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        times[0].append(api())
        begin = time.perf_counter()
        plain()
        times[1].append(time.perf_counter() - begin)
    return statistics.median(times[0]), statistics.median(times[1])


def _answered(address: Address, request: bytes) -> float:
    # Seconds on an open connection, as the one to the database is.
    return run_load(address, [request], seconds=60, clients=1).latencies[0]


def _page_of_100(user: User) -> None:
    newest = Listing.objects.filter(holder__user=user).order_by("-id")[:100]
    orjson.dumps(listing_rows(newest), default=str)


def _insert_season(block: str) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(_BLOCK, [block])
        holder, actor, *place = cursor.fetchone()
        cursor.execute("SELECT id FROM catalog_event")
        listings = [(uuid7(), event) for (event,) in cursor.fetchall()]
        cursor.execute("BEGIN")
        for statement, rows in (
            (_LISTING, [
                (id_, now, now, holder, block, event, "pending", now, 10_000, 10_000, settings.CURRENCY, "list", "[]",
                 "any", "{}", "mobile_transfer", "{}", "")
                for id_, event in listings
            ]),
            (_TICKET, [
                (uuid7(), now, now, id_, event, *place, str(seat + 1), seat, "available")
                for id_, event in listings for seat in range(SEATS)
            ]),
            (_HISTORY, [
                (id_, actor, "api", "status", "", "pending", now, "") for id_, _ in listings
            ]),
        ):  # fmt: skip
            psycopg2.extras.execute_values(cursor.cursor, statement, rows, page_size=GAMES * SEATS)
        cursor.execute("COMMIT")


if __name__ == "__main__":
    main(sys.argv[1:])
