"""What is left to list of a block, game by game; `AvailabilityOutput` describes the answer."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.time import utc_text
from apps.listings.enums import ACTIVE_TICKET_STATUSES
from apps.listings.models import SeasonTicket, Ticket, WithheldSeat
from apps.listings.rules.availability import ActiveSeat, game_seats

Row = dict[str, Any]

_GAME_COLUMNS: Final = ("id", "name", "starts_at", "time_tbd", "date_tbd", "status", "venue__timezone")


def availability(*, season_ticket: SeasonTicket, now: datetime) -> Row:
    """Return every game to come of a block with its seats, in two queries; the holder is loaded already.

    A postponed game is to come whatever its old date was.
    """
    to_come = Q(starts_at__gt=now) | Q(status=EventStatus.POSTPONED)
    withheld = WithheldSeat.objects.filter(season_ticket=season_ticket, event=OuterRef("pk")).values("seat")
    games = list(
        Event.objects.filter(to_come, season=season_ticket.season_id, home_team=season_ticket.team_id)
        .annotate(withheld=ArraySubquery(withheld))
        .order_by("starts_at", "id")
        .values(*_GAME_COLUMNS, "withheld")
    )
    active = _active_seats(season_ticket, [game["id"] for game in games])
    zone = ZoneInfo(season_ticket.holder.timezone)
    return {
        "season_ticket": str(season_ticket.id),
        "seats": season_ticket.seats,
        "timezone": season_ticket.holder.timezone,
        "games": [_game(season_ticket, game, active[game["id"]], zone) for game in games],
    }


def _active_seats(season_ticket: SeasonTicket, event_ids: Sequence[UUID]) -> Mapping[UUID, list[ActiveSeat]]:
    """Return the block's physical seats that are active at the events, through whatever block and holder."""
    rows = Ticket.objects.filter(
        event__in=event_ids,
        section=season_ticket.section,
        row=season_ticket.row,
        seat__in=season_ticket.seats,
        general_admission_block=season_ticket.general_admission_block,
        status__in=ACTIVE_TICKET_STATUSES,
    ).values_list("event_id", "seat", "status", "listing_id", "listing__status", "listing__season_ticket_id")
    active: dict[UUID, list[ActiveSeat]] = defaultdict(list)
    for event_id, seat, status, listing_id, listing_status, block_id in rows:
        active[event_id].append(ActiveSeat(seat, status, listing_id, listing_status, block_id == season_ticket.id))
    return active


def _game(season_ticket: SeasonTicket, game: Row, active: Sequence[ActiveSeat], zone: ZoneInfo) -> Row:
    starts_at: datetime = game["starts_at"]
    seats = game_seats(block=season_ticket.seats, active=active, withheld=frozenset(game["withheld"]))
    return {
        "event": str(game["id"]),
        "name": game["name"],
        "status": game["status"],
        "starts_at": utc_text(starts_at),
        "starts_at_local": starts_at.astimezone(ZoneInfo(game["venue__timezone"])).isoformat(),
        "starts_at_holder": starts_at.astimezone(zone).isoformat(),
        "time_tbd": game["time_tbd"],
        "date_tbd": game["date_tbd"],
        "free": seats.free,
        "withheld": seats.withheld,
        "listed": [
            {"listing": str(listing.listing_id), "status": listing.status, "seats": listing.seats}
            for listing in seats.listed
        ],
        "sold": seats.sold,
        "listed_elsewhere": seats.listed_elsewhere,
    }
