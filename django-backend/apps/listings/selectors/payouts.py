"""What a sale would bring, and what prices depend on."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from django.conf import settings

from apps.catalog.models import Event
from apps.holders.api import (
    Payable,
    PayoutExplanation,
    RateKey,
    commission_rate_for,
    commission_rates_for,
    payout_explanation,
)
from apps.holders.models import TicketHolder
from apps.listings.models import Listing
from apps.listings.rules.home_games import payable
from apps.listings.rules.terms import needs_rate, terms_of
from apps.season_tickets.api import HomeGame


def payout_preview(
    *, holder: TicketHolder | None, price_cents: int, team_id: UUID | None, event: Event | None, on: date
) -> PayoutExplanation:
    """Return the payout of a sale on the UTC date `on`, and why; without a holder, that of a new one.

    Without a `team_id`, the event's home team counts, if any. The venue of the event is loaded already.
    """
    home_team_id = event.home_team_id if event else None
    rate = commission_rate_for(holder=holder, team_id=team_id or home_team_id, on=on)
    due = event_payable(event)
    return payout_explanation(price_cents=price_cents, rate=rate, currency=settings.CURRENCY, payable=due)


def event_payable(event: Event | None) -> Payable:
    """Return when payouts of seats at an event are due, as known today; its venue is loaded already."""
    if event is None:
        return Payable(None, "Depends on the event: name one to see the date.")
    event_date = None if event.date_tbd else event.starts_at.astimezone(event.venue.zone).date()
    return payable(status=event.status, event_date=event_date, days_after_event=settings.PAYOUT_DAYS_AFTER_EVENT)


def games_of(*, event_ids: Collection[UUID]) -> dict[UUID, HomeGame]:
    """Return events as the services that set prices see them, by id; one query however many."""
    rows = Event.objects.filter(id__in=event_ids).order_by()
    names = ("id", "season_id", "home_team_id", "starts_at", "date_tbd", "status", "venue__timezone")
    return {row[0]: HomeGame(*row) for row in rows.values_list(*names)}


def floor_rates(*, listings: Iterable[Listing], games: Mapping[UUID, HomeGame], on: date) -> dict[UUID, int]:
    """Return the commission rates in basis points on the UTC date `on`, by listing id, of those with a net floor.

    One query however many, none when no floor depends on it.
    """
    keys = {
        listing.id: RateKey(listing.holder_id, games[listing.event_id].home_team_id, listing.commission_rate_bps)
        for listing in listings
        if needs_rate(terms_of(listing))
    }
    if not keys:
        return {}
    rates = commission_rates_for(keys=set(keys.values()), on=on)
    return {listing_id: rates[key].rate_bps for listing_id, key in keys.items()}
