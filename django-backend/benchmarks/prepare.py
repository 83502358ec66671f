"""Fills the empty database of the environment and prints what it has made as JSON: `python -m benchmarks.prepare`."""

import argparse
import json
import sys
from typing import Any, Final

import django

django.setup()

from django.conf import settings  # noqa: E402 - only after the set-up
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.listings.models import Listing  # noqa: E402
from benchmarks.scenarios import CHECKOUT_ROUNDS, CHECKOUT_SEATS, GAMES  # noqa: E402
from benchmarks.seed import PASSWORD, Blocks, SeasonTicket, seed  # noqa: E402

# Enough places for a round: the fastest machine so far sells 400 seats a second.
_SALES_PER_SECOND: Final = 400
_SEASONS_PER_SECOND: Final = 150


def main(arguments: list[str]) -> None:
    """Migrate, seed and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prepare", description=__doc__)
    parser.add_argument("--tickets", type=int, required=True, help="rows to measure on")
    parser.add_argument("--seconds", type=int, required=True, help="how long each scenario may write")
    given = parser.parse_args(arguments)
    call_command("migrate", verbosity=0)
    json.dump(prepared(tickets=given.tickets, seconds=given.seconds), sys.stdout)


def prepared(*, tickets: int, seconds: int) -> dict[str, Any]:
    """Fill the database and return what the scenarios need to know about it."""
    now = timezone.now()
    seeded = seed(tickets=tickets, now=now)
    blocks = Blocks(seeded, now)
    for_seasons = blocks.make(_SEASONS_PER_SECOND * seconds)
    for_singles, for_sales = (-(-_SALES_PER_SECOND * seconds // GAMES) for _ in range(2))
    single = [(block, event) for block in blocks.make(for_singles) for event in seeded.events]
    on_sale = Listing.objects.filter(season_ticket__in=blocks.make(for_sales, on_sale=True))
    first_block = SeasonTicket.objects.filter(holder__user=seeded.reader).order_by("id")[0]
    made = {
        "people": {name: getattr(seeded, name).email for name in ("reader", "writer", "staff")},
        "password": PASSWORD,
        "health_check_token": settings.HEALTH_CHECK_TOKEN,
        "block": first_block.id,
        "event": seeded.events[0],
        "season": for_seasons,
        "single": single,
        "checkout": blocks.make(CHECKOUT_ROUNDS, on_sale=True, seats=CHECKOUT_SEATS),
        "sale": list(on_sale.values_list("id", flat=True)),
        "sale_terms": {"marketplace": seeded.marketplace.code, "sold_at": now.isoformat()},
    }
    answer: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return answer


if __name__ == "__main__":
    main(sys.argv[1:])
