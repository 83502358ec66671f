"""Reads of uploads and downloads of listings, in a constant number of queries."""

from collections.abc import Iterator
from datetime import date
from typing import Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from apps.common.csv_downloads import csv_line
from apps.common.money import cents_to_text
from apps.holders.api import RateKey, commission_rates_for, commission_split
from apps.listing_files.rules.listing_rows import COLUMNS, terms_cells
from apps.listing_files.rules.seat_cells import seats_text
from apps.listings.api import terms_of
from apps.listings.models import Listing, Ticket

_PAGE: Final = 1_000


def listing_csv_text(*, listings: QuerySet[Listing], on: date) -> Iterator[str]:
    """Yield a download line by line: the header, then listings newest first with the payout of the UTC date `on`.

    Reads a thousand listings at a time. Cells are safe to open in a spreadsheet; an upload reads them back.
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
        # An upload reads it as the base price: with today's price, mark-downs would apply twice.
        "price": cents_to_text(listing.base_price_cents),
        "event_label": event.label,
        "price_today": cents_to_text(listing.price_cents),
        "payout": cents_to_text(payout_cents),
        "created_at": listing.created_at.isoformat(timespec="seconds"),
        **terms_cells(terms_of(listing)),
    }
    return [cells[column] for column in COLUMNS]
