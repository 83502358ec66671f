"""Statuses with their transition tables."""

from collections.abc import Mapping
from typing import Final

from django.db import models


class SeasonTicketStatus(models.TextChoices):
    """Whether staff have checked that the seats are the holder's."""

    PENDING = "pending", "Pending"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"


SEASON_TICKET_TRANSITIONS: Final[Mapping[SeasonTicketStatus, frozenset[SeasonTicketStatus]]] = {
    SeasonTicketStatus.PENDING: frozenset({SeasonTicketStatus.VERIFIED, SeasonTicketStatus.REJECTED}),
    SeasonTicketStatus.VERIFIED: frozenset(),
    SeasonTicketStatus.REJECTED: frozenset(),
}


class ListingStatus(models.TextChoices):
    """Where a listing stands; only staff and the system move it."""

    PENDING = "pending", "Pending"


class TicketStatus(models.TextChoices):
    """Whether one seat at one event can still be sold."""

    AVAILABLE = "available", "Available"


ACTIVE_TICKET_STATUSES: Final = (TicketStatus.AVAILABLE,)


class EventSource(models.TextChoices):
    """Through which door a change came."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    SYSTEM = "system", "System"
