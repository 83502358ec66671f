"""The locks of season tickets and their games, each with the race that it prevents; held until the transaction ends."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final
from uuid import UUID

from django.db import connection

from apps.holders.models import TicketHolder
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.rules.home_games import HomeGame

# Plain SQL: every listing and every sale begins with it, and compiling the query takes longer than answering it.
_WITH_ELSEWHERE: Final = """
SELECT * FROM listings_seasonticket WHERE id = %(id)s OR elsewhere_of_id = %(id)s ORDER BY id FOR NO KEY UPDATE
"""
_HOME_GAMES: Final = (
    "(event.season_id, event.home_team_id) IN %(teams)s AND event.id = COALESCE(%(event)s::uuid, event.id)"
)
# Venue, teams and withheld seats are read, not locked: the locks of the season tickets guard the latter.
_GAMES: Final = f"""
SELECT event.id, event.season_id, event.home_team_id, event.starts_at, event.date_tbd, event.status, venue.timezone,
    event.label, venue.id, concat_ws(', ', venue.name, NULLIF(venue.city, '')), team.home_venue_id,
    COALESCE(away.name, ''), COALESCE(away.abbreviation, ''), COALESCE(away.city, ''),
    ARRAY(
        SELECT ARRAY[season_ticket_id::text, seat] FROM listings_withheldseat
        WHERE event_id = event.id AND season_ticket_id = ANY(%(blocks)s::uuid[])
    )
FROM catalog_event AS event JOIN catalog_venue AS venue ON venue.id = event.venue_id
JOIN catalog_team AS team ON team.id = event.home_team_id
LEFT JOIN catalog_team AS away ON away.id = event.away_team_id
WHERE {_HOME_GAMES}
ORDER BY event.id
"""  # noqa: S608 - constants
# Two statements. The race: a game moves to another venue while we wait for its lock; a statement that began before it
# would join the old venue and lose the game.
_GAMES_SHARED: Final = f"""
SELECT FROM catalog_event AS event WHERE {_HOME_GAMES} ORDER BY event.id FOR SHARE OF event;
{_GAMES} FOR SHARE OF event
"""


def season_ticket_locked(season_ticket_id: UUID) -> SeasonTicket | None:
    """Return the season ticket under its row lock, None when there is none.

    The races: the holder lists a seat while withholding it, or while staff end the season ticket. Everybody who adds
    listings to a block, withholds seats of it or decides about it takes this lock first, before those of listings. It
    lets rows that refer to the season ticket pass. Its blocks at other venues are locked and read along.
    """
    rows = SeasonTicket.objects.raw(_WITH_ELSEWHERE, {"id": season_ticket_id})
    found = {row.id: row for row in rows}
    if season_ticket := found.pop(season_ticket_id, None):
        season_ticket.elsewhere = list(found.values())
    return season_ticket


def place_locked(*, team_id: UUID, section: str, row: str) -> None:
    """Lock a team's season tickets of a row that is being recorded as a place of its own.

    The race: one of them is verified meanwhile. Its seats would keep their old key, and nobody would see why the other
    row of that key cannot be verified.
    """
    blocks = SeasonTicket.objects.select_for_update(no_key=True).filter(team=team_id, section=section, row=row)
    list(blocks.order_by("id").values_list("id"))


def holder_locked(holder_id: UUID) -> None:
    """Lock a holder against registering seats twice.

    The race: two requests of one holder register overlapping blocks; neither sees the other's. It lets rows that refer
    to the holder pass.
    """
    list(TicketHolder.objects.select_for_update(no_key=True).filter(id=holder_id).values_list("id"))


def season_tickets_of_holder_locked(holder_id: UUID, *, dry_run: bool) -> list[SeasonTicket]:
    """Return all blocks of a holder with team and season under their row locks; the races are those of one block.

    In id order, so that two uploads of one holder never lock each other out. A dry run reads them without locks.
    """
    blocks = SeasonTicket.objects.select_related("team", "season").filter(holder=holder_id).order_by("id")
    found = list(blocks if dry_run else blocks.select_for_update(of=("self",), no_key=True))
    for block in found:
        block.elsewhere = [other for other in found if other.elsewhere_of_id == block.id]
    return found


def home_games_shared(
    season_tickets: Collection[SeasonTicket], *, event_id: UUID | None = None, dry_run: bool = False
) -> dict[UUID, HomeGame]:
    """Return the home games of locked blocks by id, or that of `event_id`, under shared locks, taken in id order.

    The race: staff cancel or move the event between the check that it is open and the insert of its listings, which
    nobody would then close. Whoever changes an event locks it first and finds all of its listings, or
    comes first and is seen here. The blocks are locked already, so nobody withholds a seat meanwhile. A dry run reads
    the games without locks.
    """
    if not season_tickets:
        return {}
    values = {
        "teams": tuple({(block.season_id, block.team_id) for block in season_tickets}),
        "event": event_id,
        "blocks": [here.id for block in season_tickets for here in (block, *block.elsewhere)],
    }
    with connection.cursor() as cursor:
        cursor.execute(_GAMES if dry_run else _GAMES_SHARED, values)
        return {columns[0]: HomeGame._make((*columns, _by_block(withheld))) for *columns, withheld in cursor.fetchall()}


def _by_block(withheld: Collection[Sequence[str]]) -> Mapping[UUID, set[str]]:
    seats: dict[UUID, set[str]] = {}
    for block, seat in withheld:
        seats.setdefault(UUID(block), set()).add(seat)
    return seats
