"""Who did something, through which door, when and why: what every history writes beside a change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models


class ChangeSource(models.TextChoices):
    """Through which door a change came."""

    API = "api", "API"
    CSV = "csv", "CSV upload"
    ADMIN = "admin", "Admin"
    SLACK = "slack", "Slack"
    SHOP = "shop", "Shop"
    PARTNER = "partner", "Partner"
    CHANNEL = "channel", "Marketplace"
    SYSTEM = "system", "System"


@dataclass(frozen=True)
class Act:
    """An act of a person, or of the system when `actor_id` is None, at the time `at` (UTC), by the door `source`."""

    actor_id: UUID | None
    source: ChangeSource
    at: datetime
    reason: str = ""
