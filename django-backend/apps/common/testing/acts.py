"""The act that a test gives a service, where who, when and why make no difference to it."""

from datetime import datetime

from django.db.models import Model
from django.utils import timezone

from apps.common.acts import Act, ChangeSource


def act_of(
    actor: Model | None = None,
    *,
    source: ChangeSource = ChangeSource.ADMIN,
    now: datetime | None = None,
    reason: str = "For a test",
) -> Act:
    """Return the act of a user, or of the system; `now` is the time of it, None the present."""
    return Act(actor.pk if actor else None, source, now or timezone.now(), reason)
