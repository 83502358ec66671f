"""Makes events for tests with processes of their own: `python -m config.tests.slack_events ACTION [number…]`.

Prints what it made as JSON. `list N`: N listings of one holder, each by a call of its own. `die N`: the same, and the
process is killed right after the first commit, before it enqueues the task. `burst HOLDERS EACH SECONDS`: listings of
many holders, spread evenly over the seconds, one event for each listing.
"""

import json
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402 - only after the set-up
from django.db import connection, connections, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402
from factory.django import DjangoModelFactory  # noqa: E402

from apps.common.acts import Act, ChangeSource  # noqa: E402
from apps.listings.rules.offers import NewListing, Offer  # noqa: E402
from apps.listings.rules.terms import NO_TERMS  # noqa: E402
from apps.listings.selectors.payouts import games_of  # noqa: E402
from apps.listings.services.lifecycle.bulk_write import listings_insert  # noqa: E402
from apps.listings.services.listings import listing_create  # noqa: E402
from apps.listings.services.news import listings_created_notify  # noqa: E402
from apps.listings.services.offering import offers_check  # noqa: E402
from apps.season_tickets.models import SeasonTicket  # noqa: E402
from apps.season_tickets.rules.home_games import HomeGame  # noqa: E402
from apps.season_tickets.testing.factories import SeasonTicketFactory  # noqa: E402
from apps.season_tickets.testing.stories import home_game  # noqa: E402
from config.celery import app  # noqa: E402


def list_seats(count: int) -> list[str]:
    """List `count` seats of one holder's block at one game, a listing each."""
    block = SeasonTicketFactory(last_seat=count)
    game = home_game(block)
    return [str(_create(block, game.id, str(seat + 1)).id) for seat in range(count)]


def die_after_commit(count: int) -> None:
    """List seats and be killed between the commit and what follows it."""
    block = SeasonTicketFactory(last_seat=count)
    game = home_game(block)
    connection.run_and_clear_commit_hooks = lambda: os.kill(os.getpid(), signal.SIGKILL)  # type: ignore[method-assign]
    _create(block, game.id, "1")


def _create(block: SeasonTicket, event_id: Any, seat: str) -> NewListing:
    return listing_create(
        holder=block.holder, season_ticket_id=block.id, event_id=event_id, seats=[seat], price_cents=10_000,
        act=Act(block.holder.user.id, ChangeSource.API, timezone.now()),
    )  # fmt: skip


def burst(holders: int, each: int, seconds: int) -> dict[str, list[str]]:
    """List `each` seats of `holders` blocks within `seconds`; return the listings by holder."""
    blocks = [SeasonTicketFactory(last_seat=each) for _ in range(holders)]
    games = [games_of(event_ids=[home_game(block).id]).popitem()[1] for block in blocks]
    begun, ticks = time.monotonic(), 10
    made: dict[str, list[str]] = {str(block.holder_id): [] for block in blocks}
    with ThreadPoolExecutor(4) as pool:
        for tick in range(ticks):
            seats = [str(number + 1) for number in range(tick * each // ticks, (tick + 1) * each // ticks)]
            jobs = [pool.submit(_insert, block, game, seats) for block, game in zip(blocks, games, strict=True)]
            for block, job in zip(blocks, jobs, strict=True):
                made[str(block.holder_id)] += job.result()
            time.sleep(max(0.0, begun + (tick + 1) * seconds / ticks - time.monotonic()))
        pool.submit(connections.close_all)
    return made


def _insert(block: SeasonTicket, game: HomeGame, seats: list[str]) -> list[str]:
    """Write the listings at once, as season listings are, and an event for each, as single listings have."""
    now = timezone.now()
    offers = [Offer(game, block.seat_block, [seat], 10_000, NO_TERMS) for seat in seats]
    listings = [checked.listing for checked in offers_check(offers, now=now) if checked.listing]
    act = Act(block.holder.user_id, ChangeSource.API, now)
    with transaction.atomic():
        listings_insert(listings=listings, currency=settings.CURRENCY, act=act)
        for listing in listings:
            listings_created_notify(listings=[listing], now=now)
    return [str(listing.id) for listing in listings]


# As the entry point of web does, before there are threads.
app.autodiscover_tasks(force=True)
# Each process counts from elsewhere, so that two of them never make the same person.
DjangoModelFactory._setup_next_sequence = classmethod(lambda cls: int(time.time() * 10) % 10**6 * 100)  # type: ignore[assignment,method-assign]

if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[2:]]
    actions = {"list": list_seats, "die": die_after_commit, "burst": burst}
    print(json.dumps(actions[sys.argv[1]](*numbers)))  # type: ignore[operator]
