"""Reads of uploads and downloads of listings, set-based: as many queries for one row as for thousands."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import OuterRef, QuerySet

from apps.catalog.models import Event
from apps.common.csv_downloads import csv_line
from apps.common.money import cents_to_text
from apps.holders.api import RateKey, commission_rates_for, commission_split
from apps.listings.enums import ACTIVE_TICKET_STATUSES
from apps.listings.models import Listing, Ticket, WithheldSeat
from apps.listings.rules.csv_seats import seats_text
from apps.listings.rules.listing_csv import COLUMNS, terms_cells
from apps.listings.selectors.prices import terms_of

_TAKEN: Final = """
SELECT wanted.number - 1
FROM unnest(%(events)s::uuid[], %(sections)s::text[], %(rows)s::text[], %(seats)s::text[], %(blocks)s::uuid[])
    WITH ORDINALITY AS wanted(event_id, section, "row", seat, block, number)
JOIN listings_ticket AS ticket USING (event_id, section, "row", seat)
WHERE ticket.status = ANY(%(active)s) AND ticket.general_admission_block IS NOT DISTINCT FROM wanted.block
"""
_PAGE: Final = 1_000


class PhysicalSeat(NamedTuple):
    """A seat at an event, wherever it is for sale; places without numbers are told apart by their block."""

    event_id: UUID
    section: str
    row: str
    seat: str
    general_admission_block: UUID | None


def seats_taken_of(*, seats: Sequence[PhysicalSeat]) -> set[PhysicalSeat]:
    """Return those of `seats` that are active already, by whomever; one query."""
    if not seats:
        return set()
    names = ("events", "sections", "rows", "seats", "blocks")
    columns = dict(zip(names, map(list, zip(*seats, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {**columns, "active": [status.value for status in ACTIVE_TICKET_STATUSES]})
        return {seats[index] for (index,) in cursor.fetchall()}


def seats_withheld_of(*, season_ticket_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], frozenset[str]]:
    """Return the seats that blocks withhold, by block and event; one query."""
    withheld: dict[tuple[UUID, UUID], set[str]] = {}
    rows = WithheldSeat.objects.filter(season_ticket__in=season_ticket_ids)
    for block, event, seat in rows.values_list("season_ticket_id", "event_id", "seat"):
        withheld.setdefault((block, event), set()).add(seat)
    return {key: frozenset(seats) for key, seats in withheld.items()}


def fixture_names_of(*, event_ids: Collection[UUID]) -> dict[UUID, tuple[str, ...]]:
    """Return label, away team, its abbreviation and its city of events, empty where there is none; one query."""
    rows = Event.objects.filter(id__in=event_ids).order_by()
    names = rows.values_list("id", "label", "away_team__name", "away_team__abbreviation", "away_team__city")
    return {event: tuple(name or "" for name in found) for event, *found in names}


def listing_csv_text(*, listings: QuerySet[Listing], on: date) -> Iterator[str]:
    """Yield a download line by line: the header, then listings newest first with the payout of the UTC date `on`.

    Two queries for every thousand listings, and no more of them than those in memory. Cells are safe to open in a
    spreadsheet; an upload reads them back.
    """
    yield csv_line(COLUMNS)
    related = ("season_ticket__team", "season_ticket__season", "event__venue", "event__away_team")
    seats = Ticket.objects.filter(listing=OuterRef("pk")).order_by("position").values("seat")
    rows = listings.select_related(*related).annotate(csv_seats=ArraySubquery(seats)).order_by("-id")
    page = list(rows[:_PAGE])
    while page:
        keys = [RateKey(row.holder_id, row.season_ticket.team_id, row.commission_rate_bps) for row in page]
        rates = commission_rates_for(keys=set(keys), on=on)
        for row, key in zip(page, keys, strict=True):
            split = commission_split(price_cents=row.price_cents, rate_bps=rates[key].rate_bps)
            yield csv_line(_cells(row, split.payout_cents))
        page = list(rows.filter(id__lt=page[-1].id)[:_PAGE]) if len(page) == _PAGE else []


def _cells(listing: Listing, payout_cents: int) -> list[str]:
    season_ticket, event = listing.season_ticket, listing.event
    cells = {
        "id": str(listing.id),
        "status": listing.status,
        "season_ticket": str(season_ticket.id),
        "team": season_ticket.team.name,
        "season": season_ticket.season.name,
        "section": season_ticket.section,
        "row": season_ticket.row,
        "event": str(event.id),
        "date": "" if event.date_tbd else event.starts_at.astimezone(event.venue.zone).date().isoformat(),
        "opponent": event.away_team.name if event.away_team else "",
        "seats": seats_text(listing.csv_seats, season_ticket.seats),  # type: ignore[attr-defined]  # the annotation
        # What an upload takes for the base price: with that of today, mark-downs would apply twice.
        "price": cents_to_text(listing.base_price_cents),
        "event_label": event.label,
        "price_today": cents_to_text(listing.price_cents),
        "payout": cents_to_text(payout_cents),
        "created_at": listing.created_at.isoformat(timespec="seconds"),
        **terms_cells(terms_of(listing)),
    }
    return [cells[column] for column in COLUMNS]
