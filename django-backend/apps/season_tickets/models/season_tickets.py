"""The block of seats that a holder owns."""

from collections.abc import Sequence
from functools import cached_property
from typing import Any
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Mod, Now
from django.db.models.lookups import Exact

from apps.catalog.models import Event, Season, Team, Venue
from apps.common.models import BaseModel
from apps.common.text import seats_named
from apps.holders.models import TicketHolder
from apps.season_tickets.enums import CLAIMED, SeasonTicketStatus, SeatNumbering
from apps.season_tickets.models.distinct_places import KEY_AS_PRINTED, KeptProtect, KeptTrigger
from apps.season_tickets.rules.blocks import SeatBlock, seats_of_block
from apps.season_tickets.rules.home_games import HomeGame
from apps.season_tickets.rules.seat_keys import folded, place_key

MAX_SEATS_PER_BLOCK = 100
# What a block is.
_SEATS = ("holder", "team", "season", "section", "row", "first_seat", "last_seat", "listed_seats")

# The rule "verified blocks never share a seat" holds for whoever sets the status: the API, the admin or plain SQL.
_KEEP_VERIFIED_SEATS = f"""
IF NEW.status = 'verified' AND NEW.numbering <> 'general_admission' THEN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status THEN
        INSERT INTO listings_seasonticketseat
            (season_ticket_id, team_id, season_id, event_id, section, "row", seat, place_key, seat_key)
        SELECT NEW.id, NEW.team_id, NEW.season_id, NEW.event_id, NEW.section, NEW."row", seat.name,
            CASE WHEN NEW.place_key = '' OR EXISTS (
                SELECT FROM listings_distinctplace AS place
                WHERE place.team_id = NEW.team_id AND place.section = NEW.section AND place."row" = NEW."row"
            ) THEN {KEY_AS_PRINTED} ELSE NEW.place_key END, seat.key
        FROM (
            SELECT name, key FROM unnest(NEW.listed_seats, NEW.seat_keys) AS listed(name, key)
            UNION ALL
            SELECT number::text, number::text FROM generate_series(
                NEW.first_seat, NEW.last_seat, CASE NEW.numbering WHEN 'odd_even' THEN 2 ELSE 1 END
            ) AS number
            WHERE NEW.numbering <> 'listed'
        ) AS seat;
    END IF;
ELSIF TG_OP = 'UPDATE' THEN
    DELETE FROM listings_seasonticketseat WHERE season_ticket_id = NEW.id;
END IF;
RETURN NULL;
"""  # noqa: S608 - our own words


class SeasonTicket(BaseModel):
    """A block of neighbouring seats that a holder has for every home game of a team's season at its home venue.

    For a home game somewhere else, staff enter which seats the holder has there: a block of its own for one event at
    one venue, `elsewhere_of` this one.

    The database lets two verified blocks of a team and season never share a seat: a trigger keeps one row in
    `SeasonTicketSeat` for each named seat of a verified block, and those are unique, as printed and as they read.
    """

    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="season_tickets")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="season_tickets")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="season_tickets")
    section = models.CharField(max_length=30, help_text="As printed on the ticket.")
    row = models.CharField(max_length=30, help_text="As printed on the ticket.")
    first_seat = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    last_seat = models.PositiveIntegerField(
        validators=[MinValueValidator(1)],
        help_text="In general admission and of listed seats: how many there are, from 1 on.",
    )
    numbering = models.CharField(
        max_length=20,
        choices=SeatNumbering.choices,
        default=SeatNumbering.CONSECUTIVE,
        help_text="How seats next to each other are numbered.",
    )
    listed_seats = ArrayField(
        models.CharField(max_length=30),
        default=list,
        db_default=[],
        blank=True,
        help_text="The names of listed seats, neighbours next to each other.",
    )
    # What they read like (rules/seat_keys.py). Empty only in rows of the release before, until they are verified.
    place_key = models.CharField(max_length=200, db_default="", editable=False)
    seat_keys = ArrayField(models.CharField(max_length=100), default=list, db_default=[], editable=False)
    elsewhere_of = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    venue = models.ForeignKey(Venue, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    submitted_at = models.DateTimeField(db_default=Now(), help_text="Since when it waits, or waited, for staff.")
    status = models.CharField(max_length=20, choices=SeasonTicketStatus.choices, default=SeasonTicketStatus.PENDING)
    rejection_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    end_reason = models.CharField(max_length=300, blank=True)

    # The blocks at other venues, where they are read along.
    elsewhere: "Sequence[SeasonTicket]" = ()

    class Meta:
        db_table = "listings_seasonticket"
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["holder", "-id"], name="seasonticket_holder_id"),
            models.Index(fields=["team", "season", "place_key"], name="seasonticket_place_key"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_seat__gte=1)
                & Q(last_seat__gte=F("first_seat"))
                & (
                    Q(numbering=SeatNumbering.CONSECUTIVE, last_seat__lt=F("first_seat") + MAX_SEATS_PER_BLOCK)
                    | Q(
                        numbering__in=(SeatNumbering.GENERAL_ADMISSION, SeatNumbering.LISTED),
                        first_seat=1,
                        last_seat__lte=MAX_SEATS_PER_BLOCK,
                    )
                    | Q(
                        Exact(Mod(F("last_seat") - F("first_seat"), 2), 0),
                        numbering=SeatNumbering.ODD_EVEN,
                        last_seat__lt=F("first_seat") + 2 * MAX_SEATS_PER_BLOCK,
                    )
                ),
                name="seasonticket_seats_in_order",
            ),
            models.CheckConstraint(
                condition=Q(
                    numbering=SeatNumbering.LISTED, listed_seats__len=F("last_seat"), seat_keys__len=F("last_seat")
                )
                | (~Q(numbering=SeatNumbering.LISTED) & Q(listed_seats__len=0, seat_keys__len=0)),
                name="seasonticket_seats_are_listed",
            ),
            models.UniqueConstraint(
                *_SEATS,
                condition=Q(status__in=CLAIMED, elsewhere_of__isnull=True),
                name="seasonticket_claimed_once_by_holder",
            ),
            models.CheckConstraint(
                condition=Q(elsewhere_of__isnull=True, event__isnull=True, venue__isnull=True)
                | Q(elsewhere_of__isnull=False, event__isnull=False, venue__isnull=False),
                name="seasonticket_elsewhere_is_whole",
            ),
            models.UniqueConstraint(
                fields=["elsewhere_of", "event", "venue"],
                condition=Q(status=SeasonTicketStatus.VERIFIED, elsewhere_of__isnull=False),
                name="seasonticket_elsewhere_once",
            ),
        ]
        triggers = [
            KeptTrigger(
                name="verified_seats_kept",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]
                func=_KEEP_VERIFIED_SEATS,
            ),
            KeptProtect(
                name="block_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*_SEATS, "numbering", "elsewhere_of", "event", "venue"),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the block with the keys of its place and seats."""
        self.place_key = place_key(self.section, self.row)
        self.seat_keys = [folded(seat) for seat in self.listed_seats]
        super().save(*args, **kwargs)

    @property
    def seats(self) -> list[str]:
        """The seats as printed, neighbours next to each other; a seat's index is its position."""
        return list(self.listed_seats) or seats_of_block(self.first_seat, self.last_seat, self.numbering)

    @property
    def keys(self) -> list[str]:
        """The keys of the seats, in their order."""
        return list(self.seat_keys) or self.seats

    @property
    def general_admission_block(self) -> UUID | None:
        """The id that distinguishes general admission places of this block from others', None for numbered seats."""
        return self.id if self.numbering == SeatNumbering.GENERAL_ADMISSION else None

    @cached_property
    def seat_block(self) -> SeatBlock:
        """The seats, as offers take them. A trigger keeps them as they are."""
        place = (self.section, self.row, self.seats)
        return SeatBlock(self.id, self.holder_id, self.team_id, *place, self.general_admission_block)

    def at(self, game: HomeGame) -> "SeasonTicket | None":
        """Return the block whose seats the holder has at a home game: this one, or one of `elsewhere`.

        None while staff have not said which seats those are. A team without a home venue is at home everywhere.
        """
        if self.elsewhere_of_id is None and game.home_venue_id in {None, game.venue_id}:
            return self
        for block in (self, *self.elsewhere):
            if (block.event_id, block.venue_id, block.status) == (game.id, game.venue_id, SeasonTicketStatus.VERIFIED):
                return block
        return None

    def seats_at(self, game: HomeGame) -> SeatBlock | None:
        """Return the seats that the holder has at a home game, None while nobody has said."""
        there = self.at(game)
        return there.seat_block if there else None

    def __str__(self) -> str:
        seats = f"{self.last_seat} places" if self.general_admission_block else seats_named(self.seats)
        place = f"section {self.section} row {self.row} {seats}"
        return f"{self.team} {self.season.name}: {place}{f', for {self.event} only' if self.event else ''}"


class SeasonTicketSeat(models.Model):
    """A named seat of a verified block, at `event` if it is only for that one.

    A trigger of SeasonTicket writes and removes these rows, nobody else.
    """

    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="verified_seats")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="+")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, null=True, related_name="+")
    section = models.CharField(max_length=30)
    row = models.CharField(max_length=30)
    seat = models.CharField(max_length=30)
    # What place and seat read like; the place as printed where staff have named it as distinct.
    place_key = models.CharField(max_length=200)
    seat_key = models.CharField(max_length=100)

    class Meta:
        db_table = "listings_seasonticketseat"
        constraints = [
            models.UniqueConstraint(
                fields=["team", "season", "section", "row", "seat", "event"],
                nulls_distinct=False,
                name="seasonticketseat_verified_once",
            ),
            models.UniqueConstraint(
                fields=["team", "season", "place_key", "seat_key", "event"],
                nulls_distinct=False,
                name="seasonticketseat_read_once",
            ),
        ]

    def __str__(self) -> str:
        return f"section {self.section} row {self.row} seat {self.seat}"


class WithheldSeat(BaseModel):
    """A seat that the holder keeps for own use at one event; it is not listed until it is released."""

    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="withheld_seats")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=30)

    class Meta:
        db_table = "listings_withheldseat"
        constraints = [
            models.UniqueConstraint(fields=["season_ticket", "event", "seat"], name="withheldseat_seat_once")
        ]

    def __str__(self) -> str:
        return f"seat {self.seat}"
