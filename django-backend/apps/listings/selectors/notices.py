"""Reads for notices to holders about their listings."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from apps.holders.api import RateKey, commission_rates_for, commission_split
from apps.listings.enums import TicketStatus
from apps.listings.messages import ListingNotice
from apps.listings.models import Listing, Ticket


def listings_to_notify(*, listing_ids: Collection[UUID], on: date) -> list[ListingNotice]:
    """Return listings with holder, event, venue and season ticket, by section, row and seat.

    The seats are the unsold ones; if all are sold by now, all of them. The payouts are those of the UTC date `on`.
    """
    related = ("holder", "event__venue", "season_ticket")
    found = Listing.objects.filter(id__in=listing_ids).select_related(*related)
    listings = list(found.order_by("season_ticket__section", "season_ticket__row", "id"))
    seats: dict[UUID, list[tuple[str, bool]]] = {listing.id: [] for listing in listings}
    tickets = Ticket.objects.filter(listing__in=seats).order_by("position")
    for listing_id, seat, status in tickets.values_list("listing_id", "seat", "status"):
        seats[listing_id].append((seat, status == TicketStatus.SOLD))
    keys = {
        listing.id: RateKey(listing.holder_id, listing.event.home_team_id, listing.commission_rate_bps)
        for listing in listings
    }
    rates = commission_rates_for(keys=set(keys.values()), on=on) if listings else {}
    return [
        ListingNotice(
            listing=listing,
            seats=[seat for seat, sold in seats[listing.id] if not sold] or [seat for seat, _ in seats[listing.id]],
            sold=any(sold for _, sold in seats[listing.id]),
            payout_cents=commission_split(
                price_cents=listing.price_cents, rate_bps=rates[keys[listing.id]].rate_bps
            ).payout_cents,
        )
        for listing in listings
    ]
