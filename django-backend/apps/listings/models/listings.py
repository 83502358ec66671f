"""The listing of some seats of a block, one ticket per seat, and what happened to them."""

from datetime import date
from uuid import UUID

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.models import BaseModel
from apps.common.money import MAX_PRICE_CENTS
from apps.holders.models import MAX_RATE_BPS, TicketHolder
from apps.listings.enums import (
    ACTIVE_TICKET_STATUSES,
    SELLABLE_LISTING_STATUSES,
    DeliveryType,
    Disclosure,
    ListingChange,
    ListingStatus,
    TicketStatus,
)
from apps.listings.models.home_games import LISTING_IS_HOME_GAME
from apps.listings.rules.price_plans import FloorBasis
from apps.listings.rules.split_rules import SplitRule
from apps.season_tickets.models import SeasonTicket


class Listing(BaseModel):
    """A ticket group: seats of one block at one event, under one price each."""

    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, related_name="listings")
    season_ticket = models.ForeignKey(SeasonTicket, on_delete=models.PROTECT, related_name="listings")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="listings")
    status = models.CharField(max_length=30, choices=ListingStatus.choices, default=ListingStatus.PENDING)
    status_changed_at = models.DateTimeField(help_text="Since when the listing has its status.")
    price_cents = models.PositiveIntegerField(help_text="List price of one seat today, in cents.")
    base_price_cents = models.PositiveIntegerField(help_text="List price of one seat before any mark-down, in cents.")
    currency = models.CharField(max_length=3, default="USD")
    floor_cents = models.PositiveIntegerField(
        null=True, blank=True, help_text="Mark-downs stop here, in cents; empty: no floor."
    )
    floor_basis = models.CharField(
        max_length=4,
        choices=[(FloorBasis.LIST.value, "List price"), (FloorBasis.NET.value, "Payout")],
        default=FloorBasis.LIST.value,
        help_text="What the floor is the lowest of.",
    )
    price_steps = models.JSONField(
        default=list, blank=True, help_text="Mark-downs as [days before the event, basis points off the base price]."
    )
    next_markdown_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next mark-down is due; empty: the price stays."
    )
    commission_rate_bps = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Rate agreed for this very listing, in basis points; empty: by agreement."
    )
    split_rule = models.CharField(
        max_length=20,
        choices=[(rule.value, rule.value.replace("_", " ").capitalize()) for rule in SplitRule],
        default=SplitRule.ANY.value,
    )
    custom_quantities = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    in_hand_date = models.DateField(null=True, blank=True, help_text="First day on which tickets can be delivered.")
    delivery_type = models.CharField(max_length=20, choices=DeliveryType.choices, default=DeliveryType.MOBILE_TRANSFER)
    disclosures = ArrayField(models.CharField(max_length=30, choices=Disclosure.choices), default=list, blank=True)
    notes = models.CharField(max_length=500, blank=True, help_text="For buyers.")
    show_seats = models.BooleanField(
        default=False, db_default=False, help_text="Whether the market shows buyers the seat numbers."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["holder", "-id"], name="listing_holder_id"),
            models.Index(fields=["status", "-id"], name="listing_status_id"),
            models.Index(fields=["price_cents", "id"], name="listing_price_id"),  # staff order all listings by it
            # The market: what is on sale at an event, by price.
            models.Index(
                fields=["event", "price_cents", "id"],
                name="listing_on_sale",
                condition=Q(status__in=sorted(SELLABLE_LISTING_STATUSES)),
            ),
            models.Index(
                fields=["next_markdown_at"],
                name="listing_next_markdown_at",
                condition=Q(next_markdown_at__isnull=False),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(price_cents__gte=1, price_cents__lte=MAX_PRICE_CENTS), name="listing_price_in_range"
            ),
            models.CheckConstraint(
                condition=Q(base_price_cents__gte=F("price_cents"), base_price_cents__lte=MAX_PRICE_CENTS),
                name="listing_price_is_base_or_less",
            ),
            models.CheckConstraint(
                condition=Q(floor_cents__isnull=True) | Q(floor_cents__gte=1), name="listing_floor_positive"
            ),
            models.CheckConstraint(
                condition=Q(commission_rate_bps__isnull=True) | Q(commission_rate_bps__lte=MAX_RATE_BPS),
                name="listing_rate_in_range",
            ),
            models.CheckConstraint(
                condition=Q(split_rule=SplitRule.CUSTOM.value) ^ Q(custom_quantities=[]),
                name="listing_quantities_with_custom_rule",
            ),
        ]
        triggers = LISTING_IS_HOME_GAME

    def __str__(self) -> str:
        block = self.season_ticket
        return f"{self.event}, section {block.section}, row {block.row}"

    @property
    def in_hand_after(self) -> date | None:
        """The local day of the event if, after a move, the tickets are in hand only after it; else None.

        Event and venue are loaded. A postponed event has no day.
        """
        event = self.event
        if self.in_hand_date is None or event.date_tbd or event.status == EventStatus.POSTPONED:
            return None
        day = event.starts_at.astimezone(event.venue.zone).date()
        return day if day < self.in_hand_date else None

    @property
    def seats_venue_id(self) -> UUID | None:
        """The venue that has the seats, None if the team has no home venue.

        Season ticket, event and home team are loaded.
        """
        team = self.event.home_team
        return self.season_ticket.venue_id or (team.home_venue_id if team else None)

    @property
    def other_venue(self) -> str | None:
        """The venue of the event when the seats are at another one, else None; with the same loaded, and the venue."""
        return str(self.event.venue) if self.seats_venue_id not in {None, self.event.venue_id} else None


class Ticket(BaseModel):
    """One seat at one event. The database lets a physical seat be active once, even for simultaneous requests."""

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="tickets")
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="tickets")
    section = models.CharField(max_length=30)
    row = models.CharField(max_length=30)
    seat = models.CharField(max_length=30)
    position = models.PositiveSmallIntegerField(help_text="Index in the block, from 0: neighbours differ by one.")
    general_admission_block = models.UUIDField(
        null=True, blank=True, help_text="The season ticket, where seats have no numbers; empty for numbered seats."
    )
    status = models.CharField(max_length=20, choices=TicketStatus.choices, default=TicketStatus.AVAILABLE)
    status_changed_at = models.DateTimeField(db_default=Now(), help_text="Since when the seat has its status.")
    hold = models.ForeignKey(
        "listings.Hold", on_delete=models.PROTECT, null=True, blank=True, related_name="tickets", db_index=False
    )

    class Meta:
        ordering = ["listing", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["event", "section", "row", "seat", "general_admission_block"],
                condition=Q(status__in=ACTIVE_TICKET_STATUSES),
                nulls_distinct=False,
                name="ticket_seat_active_once",
            ),
            models.CheckConstraint(
                condition=Q(status=TicketStatus.HELD) ^ Q(hold__isnull=True), name="ticket_held_by_hold"
            ),
        ]
        indexes = [models.Index(fields=["hold"], name="ticket_hold", condition=Q(hold__isnull=False))]

    def __str__(self) -> str:
        return f"section {self.section} row {self.row} seat {self.seat}"


class ListingEvent(models.Model):
    """One change of a listing: who, where, from what, to what, when. Append-only.

    Changes other than those of the status have the present status on both sides.
    """

    listing = models.ForeignKey(Listing, on_delete=models.PROTECT, related_name="history")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    source = models.CharField(max_length=10, choices=ChangeSource.choices)
    change = models.CharField(max_length=20, choices=ListingChange.choices, default=ListingChange.STATUS)
    from_status = models.CharField(max_length=30, blank=True)
    to_status = models.CharField(max_length=30)
    from_price_cents = models.PositiveIntegerField(null=True, blank=True)
    to_price_cents = models.PositiveIntegerField(null=True, blank=True)
    at = models.DateTimeField()
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        if self.change != ListingChange.STATUS:
            return f"{self.get_change_display()} changed"
        return f"{self.from_status or 'new'} → {self.to_status}"
