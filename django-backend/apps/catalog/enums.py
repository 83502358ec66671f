"""Words of the catalogue, and the transition table of events."""

from collections.abc import Mapping
from typing import Final

from django.db import models

# Where people look up codes and ids.
LEAGUES: Final = "/api/v1/leagues/"
SEASONS: Final = "/api/v1/seasons/?search="
TEAMS: Final = "/api/v1/teams/?search="
VENUES: Final = "/api/v1/venues/?search="
EVENTS: Final = "/api/v1/events/?search="


class EventStatus(models.TextChoices):
    """Whether a game takes place as announced. A postponed game will be played, a cancelled one not."""

    SCHEDULED = "scheduled", "Scheduled"
    POSTPONED = "postponed", "Postponed"
    CANCELLED = "cancelled", "Cancelled"


class EventMove(models.TextChoices):
    """What staff and imports do to an event; the table has the resulting status."""

    POSTPONE = "postpone", "Postpone"
    RESCHEDULE = "reschedule", "Reschedule"
    CANCEL = "cancel", "Cancel"


# The one table: from which statuses each move leads, and where to. Cancelled is final.
EVENT_MOVES: Final[Mapping[EventMove, tuple[frozenset[EventStatus], EventStatus]]] = {
    EventMove.POSTPONE: (frozenset({EventStatus.SCHEDULED}), EventStatus.POSTPONED),
    EventMove.RESCHEDULE: (frozenset({EventStatus.SCHEDULED, EventStatus.POSTPONED}), EventStatus.SCHEDULED),
    EventMove.CANCEL: (frozenset({EventStatus.SCHEDULED, EventStatus.POSTPONED}), EventStatus.CANCELLED),
}


class EventImportStatus(models.TextChoices):
    """The progress of an uploaded import; it is applied once and never reverted."""

    PREVIEWED = "previewed", "Previewed"
    APPLIED = "applied", "Applied"


class FeedFact(models.TextChoices):
    """What the feed and staff may disagree on; related columns are one fact and change together."""

    SCHEDULE = "schedule", "Start and venue"
    TEAMS = "teams", "Name and teams"
    NOTES = "notes", "Additional information"
    ADDRESS = "address", "StubHub address"
    MISSING = "missing", "Left the feed"


class FeedDecision(models.TextChoices):
    """How a difference ended; staff make the first two, an import finds the others."""

    KEPT = "kept", "Ours kept"
    TAKEN = "taken", "The feed's taken"
    AGREED = "agreed", "The same by now"
    OUTDATED = "outdated", "The feed says something else by now"
