"""The claim of requests from Slack."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from apps.triage.models import SlackRequest

# After this time a claimed request counts as abandoned; handling takes seconds.
LEASE: Final = timedelta(minutes=1)


def slack_request_claimed(*, request_id: UUID, now: datetime) -> SlackRequest | None:
    """Claim a request; None if it is claimed or handled already.

    The race: the task after the commit and the sweep take the same request. A conditional UPDATE lets only one of them.
    """
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - LEASE)
    rows = SlackRequest.objects.filter(free, id=request_id, handled_at__isnull=True)
    claimed = rows.update(claimed_at=now, attempts=F("attempts") + 1)
    return SlackRequest.objects.get(id=request_id) if claimed else None
