"""The block of seats that a holder owns."""

from uuid import UUID

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models.functions import Mod
from django.db.models.lookups import Exact

from apps.catalog.models import Event, Season, Team
from apps.common.models import BaseModel
from apps.holders.models import TicketHolder
from apps.listings.enums import (
    SeasonTicketStatus,
    SeatNumbering,
)
from apps.listings.rules.blocks import seats_of_block

MAX_SEATS_PER_BLOCK = 100

# The rule "verified blocks never share a seat" holds for whoever sets the status: the API, the admin or plain SQL.
_KEEP_VERIFIED_SEATS = """
IF NEW.status = 'verified' AND NEW.numbering <> 'general_admission' THEN
    IF TG_OP = 'INSERT' OR OLD.status <> NEW.status THEN
        INSERT INTO listings_seasonticketseat (season_ticket_id, team_id, season_id, section, "row", seat)
        SELECT NEW.id, NEW.team_id, NEW.season_id, NEW.section, NEW."row", number::text
        FROM generate_series(
            NEW.first_seat, NEW.last_seat, CASE NEW.numbering WHEN 'odd_even' THEN 2 ELSE 1 END
        ) AS number;
    END IF;
ELSIF TG_OP = 'UPDATE' THEN
    DELETE FROM listings_seasonticketseat WHERE season_ticket_id = NEW.id;
END IF;
RETURN NULL;
"""


class SeasonTicket(BaseModel):
    """A block of neighbouring seats that a holder has for every home game of a team's season.

    The database lets two verified blocks of a team and season never share a seat: a trigger keeps
    one row in `SeasonTicketSeat` for each numbered seat of a verified block, and those are unique.
    """

    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="season_tickets")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="season_tickets")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="season_tickets")
    section = models.CharField(max_length=30, help_text="As printed on the ticket.")
    row = models.CharField(max_length=30, help_text="As printed on the ticket.")
    first_seat = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    last_seat = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text="In general admission the seats are places, 1 to the quantity."
    )
    numbering = models.CharField(
        max_length=20, choices=SeatNumbering.choices, default=SeatNumbering.CONSECUTIVE, help_text="Of neighbours."
    )
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

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["holder", "-id"], name="seasonticket_holder_id")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_seat__gte=1)
                & models.Q(last_seat__gte=models.F("first_seat"))
                & (
                    models.Q(
                        numbering=SeatNumbering.CONSECUTIVE, last_seat__lt=models.F("first_seat") + MAX_SEATS_PER_BLOCK
                    )
                    | models.Q(
                        numbering=SeatNumbering.GENERAL_ADMISSION, first_seat=1, last_seat__lte=MAX_SEATS_PER_BLOCK
                    )
                    | models.Q(
                        Exact(Mod(models.F("last_seat") - models.F("first_seat"), 2), 0),
                        numbering=SeatNumbering.ODD_EVEN,
                        last_seat__lt=models.F("first_seat") + 2 * MAX_SEATS_PER_BLOCK,
                    )
                ),
                name="seasonticket_seats_in_order",
            ),
            models.UniqueConstraint(
                "holder",
                "team",
                "season",
                "section",
                "row",
                "first_seat",
                "last_seat",
                condition=models.Q(status__in=(SeasonTicketStatus.PENDING, SeasonTicketStatus.VERIFIED)),
                name="seasonticket_claimed_once_by_holder",
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="verified_seats_kept",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("status"),  # type: ignore[no-untyped-call]
                func=_KEEP_VERIFIED_SEATS,
            ),
            pgtrigger.Protect(
                name="block_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "holder", "team", "season", "section", "row", "first_seat", "last_seat", "numbering"
                ),
            ),
        ]

    @property
    def seats(self) -> list[str]:
        """The seats as printed, lowest first; a seat's index is its position."""
        return seats_of_block(self.first_seat, self.last_seat, self.numbering)

    @property
    def general_admission_block(self) -> UUID | None:
        """What tells the places of this block from those of others where seats have no numbers, None where they do."""
        return self.id if self.numbering == SeatNumbering.GENERAL_ADMISSION else None

    def __str__(self) -> str:
        place = f"section {self.section} row {self.row} seats {self.first_seat}-{self.last_seat}"
        return f"{self.team} {self.season.name}: {place}"


class SeasonTicketSeat(models.Model):
    """A numbered seat of a verified block. A trigger of SeasonTicket writes and removes these rows, nobody else."""

    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="verified_seats")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="+")
    section = models.CharField(max_length=30)
    row = models.CharField(max_length=30)
    seat = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["team", "season", "section", "row", "seat"], name="seasonticketseat_verified_once"
            )
        ]

    def __str__(self) -> str:
        return f"section {self.section} row {self.row} seat {self.seat}"


class WithheldSeat(BaseModel):
    """A seat that the holder keeps for own use at one event; it is not listed until it is released."""

    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="withheld_seats")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+")
    seat = models.CharField(max_length=30)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["season_ticket", "event", "seat"], name="withheldseat_seat_once")
        ]

    def __str__(self) -> str:
        return f"seat {self.seat}"
