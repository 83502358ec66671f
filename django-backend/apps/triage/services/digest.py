"""Once a day: what has waited too long for a decision."""

from datetime import UTC, datetime, timedelta

from django.conf import settings

from apps.triage.enums import TriageKind
from apps.triage.messages.news import digest_words
from apps.triage.models import TriageMessage
from apps.triage.selectors import admin_home, waiting_for_staff
from apps.triage.services.showing import triage_show


def overdue_raise(*, now: datetime) -> TriageMessage | None:
    """Show staff what has waited for more than TRIAGE_SLA_HOURS, once a UTC day; None if there is nothing to show.

    What still waits tomorrow is in tomorrow's digest again.
    """
    hours: int = settings.TRIAGE_SLA_HOURS
    waiting = waiting_for_staff(before=now - timedelta(hours=hours))
    if not waiting:
        return None
    return triage_show(
        kind=TriageKind.DIGEST,
        object_ids=[],
        source_key=f"digest:{now.astimezone(UTC).date().isoformat()}",
        now=now,
        words=digest_words(waiting=waiting, hours=hours, admin_url=admin_home()),
    )
