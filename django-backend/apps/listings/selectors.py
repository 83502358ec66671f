"""Reads of season tickets and listings, each scoped to who asks."""

from collections.abc import Sequence
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from apps.listings.enums import ACTIVE_TICKET_STATUSES
from apps.listings.models import Listing, SeasonTicket, Ticket
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


def seats_active_at(*, event_id: UUID, section: str, row: str, seats: Sequence[str]) -> list[str]:
    """Return which of `seats` are active (not to be listed again) at the event, in the order asked."""
    taken = set(
        Ticket.objects.filter(
            event_id=event_id, section=section, row=row, seat__in=seats, status__in=ACTIVE_TICKET_STATUSES
        ).values_list("seat", flat=True)
    )
    return [seat for seat in seats if seat in taken]
