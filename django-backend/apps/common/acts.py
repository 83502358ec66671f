"""Who did something, where, when and why: every history records it beside the change."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models


class ChangeSource(models.TextChoices):
    """Where a change came from."""

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
    """What a user does at the time `at` (UTC) from `source`; `actor_id` is None when the system does it.

    Views make one with `StrictView.act`, admin pages with `admin_act`.
    """

    actor_id: UUID | None
    source: ChangeSource
    at: datetime
    reason: str = ""
