"""Reads of season tickets and of their games."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F, QuerySet

from apps.catalog.api import begun
from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.season_tickets.enums import CLAIMED
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.users.models import User


def season_tickets_visible_to(*, user: User) -> QuerySet[SeasonTicket]:
    """Return the user's own season tickets, or all of them for staff who may view them."""
    season_tickets = SeasonTicket.objects.select_related("team", "season")
    if user.is_staff and user.has_perm("season_tickets.view_seasonticket"):
        return season_tickets
    return season_tickets.filter(holder__user=user)


def season_tickets_of_all() -> QuerySet[SeasonTicket]:
    """Return the season tickets of all holders, with the holder."""
    return SeasonTicket.objects.select_related("team", "season__league", "holder__user")


def games_elsewhere_of(*, season_ticket: SeasonTicket, now: datetime) -> QuerySet[Event]:
    """Return the home games to come of the block's team that are not at its home venue, first one first.

    Venue and home team are loaded; the team has a home venue.
    """
    games = Event.objects.filter(~begun(at=now), season=season_ticket.season_id, home_team=season_ticket.team_id)
    if season_ticket.event_id:
        games = games.filter(id=season_ticket.event_id)
    games = games.filter(home_team__home_venue__isnull=False).exclude(venue=F("home_team__home_venue"))
    rows = games.exclude(status=EventStatus.CANCELLED).order_by("starts_at", "id")
    return rows.select_related("venue", "home_team")


def seats_registered_beside(block: SeasonTicket) -> set[str]:
    """Return the named seats that the holder has registered in the row of a new block, pending or verified."""
    place = {name: getattr(block, name) for name in ("holder_id", "team_id", "season_id", "section", "row")}
    blocks = SeasonTicket.objects.filter(**place, elsewhere_of=None, status__in=CLAIMED)
    return {seat for block in blocks if block.general_admission_block is None for seat in block.seats}


def seats_withheld_at(*, season_ticket_id: UUID, event_ids: Collection[UUID]) -> dict[UUID, list[str]]:
    """Return the withheld seats of a block by event; an event without any is left out."""
    rows = WithheldSeat.objects.filter(season_ticket=season_ticket_id, event__in=event_ids).order_by("id")
    withheld: dict[UUID, list[str]] = {}
    for event, seat in rows.values_list("event_id", "seat"):
        withheld.setdefault(event, []).append(seat)
    return withheld
