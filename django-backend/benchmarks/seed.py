"""Rows to measure with: one stadium, 40 home games, and as many tickets as requested.

Everything large is one INSERT … SELECT over generate_series. Ids begin with a number that grows with the row, as
those of the product grow with time; a test's factories would need minutes for what takes seconds here.
"""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import connection

from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.services.event_labels import event_labels_keep
from apps.holders.models import TicketHolder
from apps.orders.models import Marketplace
from apps.users.models import User
from benchmarks.scenarios import GAMES, SEATS

# By its relation: other commits, which are measured by this code, have it in another app.
SeasonTicket: Final[Any] = TicketHolder._meta.get_field("season_tickets").related_model  # noqa: SLF001 - Django's documented model API
TICKETS_PER_BLOCK: Final = GAMES * SEATS
HOLDER_TICKETS: Final = 500
_CROWD: Final = 200
PASSWORD: Final = "Section-101-Row-A"

_BLOCKS: Final = """
INSERT INTO listings_seasonticket
    (id, created_at, updated_at, holder_id, team_id, season_id, section, "row", place_key, first_seat, last_seat,
     numbering, status, rejection_reason, end_reason)
SELECT (lpad(to_hex(%(first)s + number), 12, '0') || '70008000000000000000')::uuid, %(now)s, %(now)s,
    (%(holders)s::uuid[])[1 + number %% %(holder_count)s], %(team)s, %(season)s,
    %(section)s || number / 100, (number %% 100)::text, %(section)s || number, 1, %(seats)s,
    'consecutive', 'verified', '', ''
FROM generate_series(0, %(count)s - 1) AS number
"""
_LISTINGS: Final = """
INSERT INTO listings_listing
    (id, created_at, updated_at, holder_id, season_ticket_id, event_id, status, status_changed_at, price_cents,
     base_price_cents, currency, floor_basis, price_steps, split_rule, custom_quantities, delivery_type, disclosures,
     notes)
SELECT overlay(block.id::text placing lpad(to_hex(game.number), 12, '0') from 25)::uuid, %(now)s, %(now)s,
    block.holder_id, block.id, game.id, %(status)s, %(now)s, 10000 + 100 * game.number, 10000 + 100 * game.number,
    'USD', 'list', '[]', 'any', '{}', 'mobile_transfer', '{}', ''
FROM listings_seasonticket AS block
CROSS JOIN unnest(%(games)s::uuid[]) WITH ORDINALITY AS game(id, number)
WHERE block.section LIKE %(section)s || '%%'
ORDER BY 1
LIMIT %(limit)s
"""
_TICKETS: Final = """
INSERT INTO listings_ticket
    (id, created_at, updated_at, listing_id, event_id, section, "row", seat, position, status)
SELECT overlay(listing.id::text placing lpad(to_hex(seat), 4, '0') from 20 for 4)::uuid, %(now)s, %(now)s, listing.id,
    listing.event_id, block.section, block."row", seat::text, seat - 1, 'available'
FROM listings_listing AS listing JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
CROSS JOIN generate_series(1, %(seats)s) AS seat
WHERE block.section LIKE %(section)s || '%%'
"""
_HISTORY: Final = """
INSERT INTO listings_listingevent (listing_id, actor_id, source, change, from_status, to_status, at, note)
SELECT listing.id, NULL, 'system', 'status', '', listing.status, %(now)s, ''
FROM listings_listing AS listing JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
WHERE block.section LIKE %(section)s || '%%'
"""


@dataclass(frozen=True)
class Seeded:
    """What was made: who reads, who writes, and which rows to request."""

    reader: User
    writer: User
    staff: User
    team: Team
    season: Season
    events: list[UUID]
    marketplace: Marketplace


def seed(*, tickets: int, now: datetime) -> Seeded:
    """Fill an empty database with about `tickets` tickets, 500 of them the reader's."""
    reader, writer, *crowd = _holders(2 + _CROWD)
    staff = _people(1, prefix="staff", is_staff=True, is_superuser=True)[0]
    team, season, events = _stadium(now)
    place = {"now": now, "team": team.id, "season": season.id, "seats": SEATS, "games": events}
    # Sections say whose they are: R the reader's, C the crowd's, W the writer's, in which nothing is listed yet.
    _insert_blocks(place, "R", [reader], count=-(-HOLDER_TICKETS // TICKETS_PER_BLOCK), first=1 << 32)
    _insert_listings(place, "R", limit=HOLDER_TICKETS // SEATS)
    count = max(1, (tickets - HOLDER_TICKETS) // TICKETS_PER_BLOCK)
    _insert_blocks(place, "C", crowd, count=count, first=2 << 32)
    _insert_listings(place, "C", limit=count * GAMES)
    marketplace = Marketplace.objects.get_or_create(code="benchmark", defaults={"name": "Benchmark"})[0]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return Seeded(reader.user, writer.user, staff, team, season, events, marketplace)


class Blocks:
    """Verified blocks of the writer, in sections of their own, for what is written while the clock runs."""

    def __init__(self, seeded: Seeded, now: datetime) -> None:
        self.seeded = seeded
        self._place = {"now": now, "team": seeded.team.id, "season": seeded.season.id, "seats": SEATS}
        self._batches = itertools.count(1)

    def make(self, count: int, *, on_sale: bool = False, seats: int = SEATS) -> list[UUID]:
        """Return the ids of `count` new blocks of `seats`; with `on_sale`, they are listed at every game."""
        batch = next(self._batches)
        # A letter: with a number, sections 1-10 and 11-0 would look alike.
        prefix, holder = f"W{chr(ord('A') + batch)}", self.seeded.writer.ticket_holder
        place = self._place | {"seats": seats}
        _insert_blocks(place, prefix, [holder], count=count, first=(16 + batch) << 32)
        if on_sale:
            _insert_listings(place | {"games": self.seeded.events}, prefix, limit=count * GAMES)
        return list(SeasonTicket.objects.filter(section__startswith=prefix).order_by("id").values_list("id", flat=True))


def _insert_blocks(place: dict[str, Any], section: str, holders: list[TicketHolder], *, count: int, first: int) -> None:
    ids = [holder.id for holder in holders]
    values = {"section": section, "holders": ids, "holder_count": len(ids), "count": count, "first": first}
    with connection.cursor() as cursor:
        cursor.execute(_BLOCKS, place | values)


def _insert_listings(place: dict[str, Any], section: str, *, limit: int) -> None:
    values = place | {"section": section, "limit": limit, "status": "listed"}
    with connection.cursor() as cursor:
        for statement in (_LISTINGS, _TICKETS, _HISTORY):
            cursor.execute(statement, values)


def _stadium(now: datetime) -> tuple[Team, Season, list[UUID]]:
    leagues = [League.objects.create(code=f"BL{number}", name=f"League {number}") for number in range(5)]
    season = Season.objects.create(league=leagues[0], name="Benchmark")
    venue = Venue.objects.create(
        name="Benchmark Field", city="Philadelphia", state="PA", country="US", timezone="America/New_York"
    )
    home, away = (
        Team.objects.create(league=leagues[0], name=name, abbreviation=name[:3].upper(), home_venue=venue)
        for name in ("Home Team", "Away Team")
    )
    events = Event.objects.bulk_create(
        Event(
            season=season,
            venue=venue,
            home_team=home,
            away_team=away,
            name=f"Away Team at Home Team, game {number + 1}",
            starts_at=(now + timedelta(days=30 + 3 * number)).astimezone(UTC),
        )
        for number in range(GAMES)
    )
    event_labels_keep(season_id=season.id)
    return home, season, [event.id for event in events]


def _people(count: int, *, prefix: str, **flags: bool) -> list[User]:
    password = make_password(PASSWORD)
    people = User.objects.bulk_create(
        User(email=f"{prefix}{number}@example.com", password=password, first_name="Pat", last_name="Holder", **flags)
        for number in range(count)
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, primary=True, verified=True) for user in people
    )
    return people


def _holders(count: int) -> list[TicketHolder]:
    return TicketHolder.objects.bulk_create(
        TicketHolder(user=user, phone="+12155550123", address="1 Pattison Avenue", timezone="America/Chicago")
        for user in _people(count, prefix="holder")
    )
