"""Reads of season tickets and listings, each scoped to who asks."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from apps.catalog.models import Event
from apps.holders.models import TicketHolder
from apps.holders.rules import Payable, PayoutExplanation, RateKey, applied_split, payout_explanation
from apps.holders.selectors import commission_rate_for, commission_rates_for
from apps.listings.enums import ACTIVE_TICKET_STATUSES
from apps.listings.models import Listing, ListingEvent, SeasonTicket, Ticket
from apps.listings.rules.payable import payable
from apps.users.models import User


def season_tickets_visible_to(*, user: User) -> QuerySet[SeasonTicket]:
    """Return the user's own season tickets, or all of them for staff who may view them."""
    season_tickets = SeasonTicket.objects.select_related("team", "season")
    if user.is_staff and user.has_perm("listings.view_seasonticket"):
        return season_tickets
    return season_tickets.filter(holder__user=user)


def listings_visible_to(*, user: User) -> QuerySet[Listing]:
    """Return the user's own listings, or all of them for staff who may view them; `seats` holds the seat names."""
    seats = Ticket.objects.filter(listing=OuterRef("pk")).order_by("id").values("seat")
    listings = Listing.objects.select_related("season_ticket", "holder").annotate(seats=ArraySubquery(seats))
    if user.is_staff and user.has_perm("listings.view_listing"):
        return listings
    return listings.filter(holder__user=user)


def with_splits(listings: list[Listing], *, on: date) -> list[Listing]:
    """Give each listing its `split` at the rate of the UTC date `on`; one query however many, none for none.

    The season ticket of each is loaded already, as `listings_visible_to` does.
    """
    keys = [RateKey(listing.holder_id, listing.season_ticket.team_id) for listing in listings]
    rates = commission_rates_for(keys=set(keys), on=on)
    for listing, key in zip(listings, keys, strict=True):
        listing.split = applied_split(price_cents=listing.price_cents, rate=rates[key])  # type: ignore[attr-defined]  # like an annotation
    return listings


def payout_preview(
    *, holder: TicketHolder | None, price_cents: int, team_id: UUID | None, event: Event | None, on: date
) -> PayoutExplanation:
    """Return what a sale on the UTC date `on` would bring the holder, and why; None as the holder means a new one.

    Without a `team_id` it is that of the event's home team, if any. The venue of the event is loaded already. Costs
    one query, none without holder and team.
    """
    home_team_id = event.home_team_id if event else None
    rate = commission_rate_for(holder=holder, team_id=team_id or home_team_id, on=on)
    return payout_explanation(price_cents=price_cents, rate=rate, currency=settings.CURRENCY, payable=_payable(event))


def _payable(event: Event | None) -> Payable:
    if event is None:
        return Payable(None, "Depends on the event: name one to see the date.")
    event_date = None if event.date_tbd else event.starts_at.astimezone(event.venue.zone).date()
    return payable(status=event.status, event_date=event_date, days_after_event=settings.PAYOUT_DAYS_AFTER_EVENT)


def seats_active_at(
    *, event_ids: Sequence[UUID], section: str, row: str, seats: Sequence[str]
) -> dict[UUID, list[str]]:
    """Return, for each event that has any, which of `seats` are active (not to be listed again), in the order asked."""
    rows = Ticket.objects.filter(
        event__in=event_ids, section=section, row=row, seat__in=seats, status__in=ACTIVE_TICKET_STATUSES
    ).values_list("event_id", "seat")
    taken: dict[UUID, set[str]] = {}
    for event, seat in rows:
        taken.setdefault(event, set()).add(seat)
    return {event: [seat for seat in seats if seat in taken[event]] for event in event_ids if event in taken}


def home_games_of(*, season_ticket: SeasonTicket) -> QuerySet[Event]:
    """Return the home games of the block's team in its season, first one first."""
    games = Event.objects.filter(season=season_ticket.season_id, home_team=season_ticket.team_id)
    return games.order_by("starts_at", "id").only("id", "starts_at", "status")


def history_of(*, listing: Listing) -> QuerySet[ListingEvent]:
    """Return every change of a listing."""
    return ListingEvent.objects.filter(listing=listing)
