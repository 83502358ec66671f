"""What is left to list of a block, game by game; `AvailabilityOutput` describes the answer."""

import json
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import connection

from apps.common.time import utc_text
from apps.listings.models import SeasonTicket
from apps.listings.rules.availability import ActiveSeat, game_seats

Row = dict[str, Any]

# The block's physical seats count whoever listed them. The statuses are those of the index `ticket_seat_active_once`;
# the places of general admission are the block's own. A postponed game is to come whatever its old date was.
_GAMES: Final = """
SELECT event.id::text, event.name, event.label, event.starts_at, event.time_tbd, event.date_tbd, event.status,
    venue.timezone,
    ARRAY(
        SELECT seat FROM listings_withheldseat WHERE season_ticket_id = %(block)s AND event_id = event.id
    ) AS withheld,
    (
        SELECT json_agg(json_build_array(
            ticket.seat, ticket.status, listing.id, listing.status, listing.season_ticket_id = %(block)s
        ) ORDER BY ticket."position")::text
        FROM listings_ticket AS ticket JOIN listings_listing AS listing ON listing.id = ticket.listing_id
        WHERE ticket.event_id = event.id AND ticket.section = %(section)s AND ticket."row" = %(row)s
            AND ticket.seat = ANY(%(seats)s) AND ticket.status IN ('available', 'held', 'sold')
            AND ticket.general_admission_block IS NOT DISTINCT FROM %(general_admission_block)s
    ) AS active
FROM catalog_event AS event JOIN catalog_venue AS venue ON venue.id = event.venue_id
WHERE event.season_id = %(season)s AND event.home_team_id = %(team)s
    AND (event.starts_at > %(now)s OR event.status = 'postponed')
ORDER BY event.starts_at, event.id
"""


def availability(*, season_ticket: SeasonTicket, now: datetime) -> Row:
    """Return every game to come of a block with its seats, in one query; the holder is loaded already."""
    block = season_ticket.seats
    with connection.cursor() as cursor:
        cursor.execute(
            _GAMES,
            {
                "block": season_ticket.id,
                "section": season_ticket.section,
                "row": season_ticket.row,
                "seats": block,
                "general_admission_block": season_ticket.general_admission_block,
                "season": season_ticket.season_id,
                "team": season_ticket.team_id,
                "now": now,
            },
        )
        names = [column.name for column in cursor.description]
        games = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
    zone = ZoneInfo(season_ticket.holder.timezone)
    return {
        "season_ticket": str(season_ticket.id),
        "seats": block,
        "timezone": season_ticket.holder.timezone,
        "games": [_game(block, game, zone) for game in games],
    }


def _game(block: list[str], game: Row, zone: ZoneInfo) -> Row:
    starts_at: datetime = game["starts_at"]
    active = [ActiveSeat(*seat) for seat in json.loads(game["active"] or "[]")]
    seats = game_seats(block=block, active=active, withheld=frozenset(game["withheld"]))
    return {
        "event": game["id"],
        "name": game["name"],
        "label": game["label"],
        "status": game["status"],
        "starts_at": utc_text(starts_at),
        "starts_at_local": starts_at.astimezone(ZoneInfo(game["timezone"])).isoformat(),
        "starts_at_holder": starts_at.astimezone(zone).isoformat(),
        "time_tbd": game["time_tbd"],
        "date_tbd": game["date_tbd"],
        "free": seats.free,
        "withheld": seats.withheld,
        "listed": [
            {"listing": listing.listing_id, "status": listing.status, "seats": listing.seats}
            for listing in seats.listed
        ],
        "sold": seats.sold,
        "listed_elsewhere": seats.listed_elsewhere,
    }
