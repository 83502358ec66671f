"""Seats on consignment: the block a holder owns, the listing of some of its seats, and one ticket per seat."""

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from apps.catalog.models import Event, Season, Team
from apps.common.models import BaseModel
from apps.holders.models import TicketHolder
from apps.listings.enums import ACTIVE_TICKET_STATUSES, EventSource, ListingStatus, SeasonTicketStatus, TicketStatus

MAX_SEATS_PER_BLOCK = 100


class SeasonTicket(BaseModel):
    """A block of neighbouring seats that a holder has for every home game of a team's season."""

    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="season_tickets")
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="season_tickets")
    season = models.ForeignKey(Season, on_delete=models.PROTECT, related_name="season_tickets")
    section = models.CharField(max_length=30, help_text="As printed on the ticket.")
    row = models.CharField(max_length=30, help_text="As printed on the ticket.")
    first_seat = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    last_seat = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    status = models.CharField(max_length=20, choices=SeasonTicketStatus.choices, default=SeasonTicketStatus.PENDING)
    rejection_reason = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["holder", "-id"], name="seasonticket_holder_id")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_seat__gte=1)
                & models.Q(last_seat__gte=models.F("first_seat"))
                & models.Q(last_seat__lt=models.F("first_seat") + MAX_SEATS_PER_BLOCK),
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
                condition=~models.Q(status=SeasonTicketStatus.REJECTED),
                name="seasonticket_claimed_once_by_holder",
            ),
        ]

    def __str__(self) -> str:
        place = f"section {self.section} row {self.row} seats {self.first_seat}-{self.last_seat}"
        return f"{self.team} {self.season.name}: {place}"


class Listing(BaseModel):
    """A ticket group: seats of one block at one event, under one price each."""

    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="listings")
    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="listings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="listings")
    status = models.CharField(max_length=30, choices=ListingStatus.choices, default=ListingStatus.PENDING)
    status_changed_at = models.DateTimeField(help_text="Since when the listing has its status.")
    price_cents = models.PositiveIntegerField(help_text="List price of one seat, in cents.")
    currency = models.CharField(max_length=3, default="USD")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["holder", "-id"], name="listing_holder_id"),
            models.Index(fields=["status", "-id"], name="listing_status_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(price_cents__gte=1, price_cents__lte=100_000_000), name="listing_price_in_range"
            )
        ]

    def __str__(self) -> str:
        return f"Listing {self.id}"


class Ticket(BaseModel):
    """One seat at one event. The database lets a physical seat be active once, however many ask at a time."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    section = models.CharField(max_length=30)
    row = models.CharField(max_length=30)
    seat = models.CharField(max_length=30)
    status = models.CharField(max_length=20, choices=TicketStatus.choices, default=TicketStatus.AVAILABLE)

    class Meta:
        ordering = ["listing", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "section", "row", "seat"],
                condition=models.Q(status__in=ACTIVE_TICKET_STATUSES),
                name="ticket_seat_active_once",
            )
        ]

    def __str__(self) -> str:
        return f"section {self.section} row {self.row} seat {self.seat}"


class ListingEvent(models.Model):
    """One change of a listing: who, through which door, from what, to what, when. Append-only."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="history")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=EventSource.choices)
    from_status = models.CharField(max_length=30, blank=True)
    to_status = models.CharField(max_length=30)
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status}"
