"""What the price of a listing depends on, read after the listing is locked."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from uuid import UUID

from apps.catalog.models import Event
from apps.holders.api import RateKey, commission_rates_for
from apps.listings.models import Listing
from apps.listings.rules.terms import needs_rate, terms_of
from apps.season_tickets.api import HomeGame


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
