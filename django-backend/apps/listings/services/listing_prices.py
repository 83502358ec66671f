"""Prices of listings: a holder changes them and the terms, the clock marks them down, staff agree on a rate.

The race with a sale: both take the row lock of the listing. A sale that comes first has the old price, and the change
is refused when no seat is left; a sale that comes second has the new price.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.common.errors import MoveReasonMissing
from apps.common.money import rate_to_text
from apps.common.problems import Problem
from apps.holders.api import rate_day
from apps.holders.models import MAX_RATE_BPS, TicketHolder
from apps.listings.enums import OPEN_LISTING_STATUSES, ListingChange
from apps.listings.errors.listings import ListingNotOpen, RateOutOfRange, TermsRefused
from apps.listings.locks import listings_due_locked, listings_locked, open_listings_with_plan_locked
from apps.listings.models import Listing
from apps.listings.rules.home_games import game_clock
from apps.listings.rules.price_plans import EventClock
from apps.listings.rules.seat_sales import status_refusal
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import (
    ListingTerms,
    floor_problem,
    in_hand_problem,
    planned_price,
    split_problems,
    terms_of,
    terms_problems,
    terms_stored,
)
from apps.listings.selectors.payouts import floor_rates, games_of
from apps.listings.selectors.tickets import unsold_positions
from apps.listings.services.lifecycle.bulk_write import NewPrice, prices_update
from apps.listings.services.lifecycle.writing import Entry, history_write, price_resumed, prices_write
from apps.listings.services.news import listings_changed_notify
from apps.season_tickets.api import HomeGame

_PRICING: Final = frozenset({"floor_cents", "floor_basis", "price_steps"})
_SPLITTING: Final = frozenset({"split_rule", "custom_quantities"})
# With both rates it fits into the note of the history.
MAX_RATE_REASON_LENGTH = 450
MARKDOWN_BATCH: Final = 500


@dataclass(frozen=True)
class RepriceResult:
    """The result for one listing of many: its list price today in cents, or why nothing changed."""

    listing_id: UUID
    price_cents: int | None
    refusal: str | None = None


@transaction.atomic
def listing_change(
    *, holder: TicketHolder, listing_id: UUID, price_cents: int | None = None, changes: Mapping[str, Any], act: Act
) -> Listing:
    """Change price and terms of the holder's open listing; terms that are not named stay.

    `price_cents` is the new base price, None to keep it. With a new price, floor or plan, the price of today is what
    the plan gives now. Another split rule than the custom one ends the custom quantities.

    Raises:
        Listing.DoesNotExist: the holder has no such listing.
        ListingNotOpen: it is sold or closed; the sentence says since when.
        TermsRefused: what is wrong with the new terms, each with its place.
    """
    listing = next((row for row in listings_locked([listing_id], "event") if row.holder_id == holder.id), None)
    if listing is None:
        raise Listing.DoesNotExist
    if refusal := _closed(listing):
        raise ListingNotOpen(refusal)
    terms = _changed_terms(listing, changes)
    game = games_of(event_ids=[listing.event_id])[listing.event_id]
    changed = _apply_terms(listing, terms)
    rate_bps = floor_rates(listings=[listing], games={game.id: game}, on=rate_day(act.at)).get(listing.id)
    base_cents = listing.base_price_cents if price_cents is None else price_cents
    repricing = price_cents is not None or bool(_PRICING & changes.keys())
    floor = floor_problem(terms, price_cents=base_cents, rate_bps=rate_bps) if repricing else None
    if problems := terms_problems(terms) or _problems(listing, terms, changes, game, floor):
        raise TermsRefused([problem.error() for problem in problems])
    if changed:
        Listing.objects.filter(id=listing.id).update(**changed, updated_at=act.at)
    if repricing:
        price = _price(listing, base_cents=base_cents, game=game, rate_bps=rate_bps, now=act.at)
        prices_write([listing], [price], act)
    return listing


@transaction.atomic
def listings_reprice(*, holder: TicketHolder, prices_cents: Mapping[UUID, int], act: Act) -> list[RepriceResult]:
    """Give the holder's open listings new base prices; return what became of each.

    Results come in the order of `prices_cents`.
    """
    locked = {row.id: row for row in listings_locked(prices_cents, "event") if row.holder_id == holder.id}
    games = games_of(event_ids={listing.event_id for listing in locked.values()})
    rates = floor_rates(listings=locked.values(), games=games, on=rate_day(act.at))
    results, able, prices = list[RepriceResult](), list[Listing](), list[NewPrice]()
    for listing_id, base_cents in prices_cents.items():
        listing = locked.get(listing_id)
        if listing is None:
            results.append(RepriceResult(listing_id, None, "There is no such listing."))
            continue
        rate_bps = rates.get(listing_id)
        floor = floor_problem(terms_of(listing), price_cents=base_cents, rate_bps=rate_bps)
        if refusal := _closed(listing) or (floor and floor.error().detail):
            results.append(RepriceResult(listing_id, None, refusal))
            continue
        able.append(listing)
        game = games[listing.event_id]
        prices.append(_price(listing, base_cents=base_cents, game=game, rate_bps=rate_bps, now=act.at))
        results.append(RepriceResult(listing_id, prices[-1].price_cents))
    prices_write(able, prices, act)
    return results


def _closed(listing: Listing) -> str | None:
    if listing.status in OPEN_LISTING_STATUSES:
        return None
    return status_refusal(verb="change this", status=listing.status, since=listing.status_changed_at)


def _changed_terms(listing: Listing, changes: Mapping[str, Any]) -> ListingTerms:
    terms = replace(terms_of(listing), **changes)
    if "custom_quantities" not in changes and terms.split_rule != SplitRule.CUSTOM:
        return replace(terms, custom_quantities=())
    return terms


def _apply_terms(listing: Listing, terms: ListingTerms) -> dict[str, Any]:
    """Set the terms on the row object; return the columns that change."""
    changed = {name: value for name, value in terms_stored(terms).items() if getattr(listing, name) != value}
    for name, value in changed.items():
        setattr(listing, name, value)
    return changed


def _problems(
    listing: Listing, terms: ListingTerms, changes: Mapping[str, Any], game: HomeGame, floor: Problem | None
) -> list[Problem]:
    # Only named terms are checked: seats were sold and dates have moved since the rest was agreed on.
    problems = list[Problem]()
    if _SPLITTING & changes.keys():
        positions, general_admission = unsold_positions(listing_id=listing.id)
        problems += split_problems(terms, positions=positions, general_admission=general_admission)
    late = in_hand_problem(terms, event_date=game.local_date) if "in_hand_date" in changes else None
    return problems + [problem for problem in (late, floor) if problem]


def _price(listing: Listing, *, base_cents: int, game: HomeGame, rate_bps: int | None, now: datetime) -> NewPrice:
    terms, clock = terms_of(listing), game_clock(game, game.zone)
    planned = planned_price(terms, base_cents=base_cents, rate_bps=rate_bps, clock=clock, now=now)
    return NewPrice(listing.id, planned.price_cents, base_cents, planned.next_markdown_at)


@transaction.atomic
def listing_rate_set(*, listing_id: UUID, rate_bps: int | None, act: Act) -> Listing:
    """Give the listing its own commission rate in basis points, or remove it (None: by agreement).

    It applies to sales from now on; earlier ones have their split frozen. The history records both rates and the
    reason.

    Raises:
        Listing.DoesNotExist: there is no such listing.
        RateOutOfRange: the rate is not at least 0 and below 1.
        MoveReasonMissing: the holder reads the reason in the history, so there must be one.
    """
    if rate_bps is not None and not 0 <= rate_bps <= MAX_RATE_BPS:
        raise RateOutOfRange
    if not act.reason.strip():
        raise MoveReasonMissing
    locked = listings_locked([listing_id], "event")
    if not locked:
        raise Listing.DoesNotExist
    listing = locked[0]
    if listing.commission_rate_bps != rate_bps:
        change = f"{_text(listing.commission_rate_bps)} → {_text(rate_bps)}"
        note = f"{change}: {act.reason.strip()[:MAX_RATE_REASON_LENGTH]}"
        history_write([Entry(listing, ListingChange.COMMISSION, note)], act)
        listing.commission_rate_bps = rate_bps
        Listing.objects.filter(id=listing_id).update(commission_rate_bps=rate_bps, updated_at=act.at)
        listings_changed_notify(listings=[listing], now=act.at)
    return listing


def _text(rate_bps: int | None) -> str:
    return "default" if rate_bps is None else rate_to_text(rate_bps)


def markdowns_apply(*, now: datetime) -> int:
    """Mark down the prices whose step is due at `now`; return how many went down. A second run changes nothing.

    Batches keep the locks short. Prices of listings that are not open and of events without a date stay; their due
    steps are skipped until the listing is offered again or the event has a date.
    """
    lowered = 0
    while True:
        with transaction.atomic():
            listings = listings_due_locked(now=now, limit=MARKDOWN_BATCH)
            lowered += _mark_down(listings, now)
        if not listings:
            return lowered


@transaction.atomic
def markdowns_reschedule(*, event_ids: Collection[UUID], now: datetime) -> int:
    """Recompute the next mark-down of the open listings of events after a change of date or status; return how many.

    A mark-down that was made stays, as buyers have seen the price. One that is due by the new date is made by the
    next round of `markdowns_apply`.
    """
    listings = open_listings_with_plan_locked(event_ids)
    games = games_of(event_ids={listing.event_id for listing in listings})
    clocks = {game.id: game_clock(game, game.zone) for game in games.values()}
    prices = [price_resumed(listing, clock=clocks[listing.event_id], now=now) for listing in listings]
    prices_update(prices=prices, now=now)
    return len(prices)


def _mark_down(listings: Sequence[Listing], now: datetime) -> int:
    games = games_of(event_ids={listing.event_id for listing in listings})
    rates = floor_rates(listings=listings, games=games, on=rate_day(now))
    clocks = {game.id: game_clock(game, game.zone) for game in games.values()}
    prices = [
        _marked_down(listing, clock=clocks[listing.event_id], rate_bps=rates.get(listing.id), now=now)
        for listing in listings
    ]
    return prices_write(listings, prices, Act(None, ChangeSource.SYSTEM, now))


def _marked_down(listing: Listing, *, clock: EventClock | None, rate_bps: int | None, now: datetime) -> NewPrice:
    terms, open_ = terms_of(listing), listing.status in OPEN_LISTING_STATUSES
    planned = planned_price(
        terms,
        base_cents=listing.base_price_cents,
        rate_bps=rate_bps,
        clock=clock,
        now=now,
        at_most_cents=listing.price_cents,  # date or rate may have changed since the last step
    )
    price_cents = planned.price_cents if open_ and clock else listing.price_cents
    return NewPrice(listing.id, price_cents, listing.base_price_cents, planned.next_markdown_at)
