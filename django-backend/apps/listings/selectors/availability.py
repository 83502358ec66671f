"""What is left to list of a block, game by game; `AvailabilityOutput` describes the answer."""

import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from apps.catalog.api import NOT_BEGUN_SQL
from apps.common.time import utc_text
from apps.listings.rules.home_games import ActiveSeat, game_seats
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket

Row = dict[str, Any]

# The block's physical seats count whoever listed them. The statuses are those of the index `ticket_seat_active_once`;
# the places of general admission are the block's own. At a game elsewhere the block is the one that staff have entered
# for it; while there is none, no seat of the block is free.
_GAMES: Final = f"""
SELECT event.id::text, event.name, event.label, event.starts_at, event.time_tbd, event.date_tbd, event.status,
    venue.timezone, concat_ws(', ', venue.name, NULLIF(venue.city, '')) AS venue,
    block.id::text AS season_ticket, block.is_there,
    ARRAY(
        SELECT seat FROM listings_withheldseat WHERE season_ticket_id = block.id AND event_id = event.id
    ) AS withheld,
    (
        SELECT json_agg(json_build_array(
            ticket.seat, ticket.status, listing.id, listing.status, listing.season_ticket_id = block.id
        ) ORDER BY ticket."position")::text
        FROM listings_ticket AS ticket JOIN listings_listing AS listing ON listing.id = ticket.listing_id
        WHERE ticket.event_id = event.id AND ticket.section = block.section AND ticket."row" = block."row"
            AND ticket.seat = ANY(block.seats) AND ticket.status IN ('available', 'held', 'sold')
            AND ticket.general_admission_block IS NOT DISTINCT FROM block.general_admission_block
    ) AS active
FROM catalog_event AS event JOIN catalog_venue AS venue ON venue.id = event.venue_id
JOIN catalog_team AS team ON team.id = event.home_team_id
CROSS JOIN LATERAL (
    SELECT block.*, CASE WHEN block.event_id IS NULL
        THEN event.venue_id = COALESCE(team.home_venue_id, event.venue_id)
        ELSE (block.event_id, block.venue_id) = (event.id, event.venue_id) END AS is_there
    FROM jsonb_to_recordset(%(blocks)s::jsonb) AS block(
        id uuid, event_id uuid, venue_id uuid, section text, "row" text, seats text[], general_admission_block uuid
    )
    WHERE block.event_id IS NULL OR block.event_id = event.id
    ORDER BY is_there DESC, block.event_id IS NOT NULL
    LIMIT 1
) AS block
WHERE event.season_id = %(season)s AND event.home_team_id = %(team)s
    AND {NOT_BEGUN_SQL}
ORDER BY event.starts_at, event.id
"""  # noqa: S608 - constants of ours
_ELSEWHERE: Final = "SELECT * FROM listings_seasonticket WHERE elsewhere_of_id = %s AND status = %s"
_BLOCK: Final = ("id", "event_id", "venue_id", "section", "row", "seats", "general_admission_block")


def availability(*, season_ticket: SeasonTicket, now: datetime) -> Row:
    """Return every game to come of a block with its seats; the holder is loaded already."""
    elsewhere = SeasonTicket.objects.raw(_ELSEWHERE, [season_ticket.id, SeasonTicketStatus.VERIFIED])
    blocks = {str(block.id): block for block in (season_ticket, *elsewhere)}
    with connection.cursor() as cursor:
        rows = [{name: getattr(block, name) for name in _BLOCK} for block in blocks.values()]
        team = {"season": season_ticket.season_id, "team": season_ticket.team_id}
        cursor.execute(_GAMES, {"blocks": json.dumps(rows, default=str), "now": now, **team})
        names = [column.name for column in cursor.description]
        games = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    zone = ZoneInfo(season_ticket.holder.timezone)
    return {
        "season_ticket": str(season_ticket.id),
        "seats": season_ticket.seats,
        "timezone": season_ticket.holder.timezone,
        "games": [_game(blocks[game["season_ticket"]].seats, game, zone) for game in games],
    }


def _game(block: list[str], game: Row, zone: ZoneInfo) -> Row:
    starts_at: datetime = game["starts_at"]
    active = [ActiveSeat(*seat) for seat in json.loads(game["active"] or "[]")]
    seats = game_seats(block=block, active=active, withheld=frozenset(game["withheld"]))
    return {
        "event": game["id"],
        **{name: game[name] for name in ("name", "label", "status", "time_tbd", "date_tbd", "venue")},
        "starts_at": utc_text(starts_at),
        "starts_at_local": starts_at.astimezone(ZoneInfo(game["timezone"])).isoformat(),
        "starts_at_holder": starts_at.astimezone(zone).isoformat(),
        "season_ticket": game["season_ticket"] if game["is_there"] else None,
        **seats,
        "free": seats["free"] if game["is_there"] else [],
    }
