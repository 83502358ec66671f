"""Checks the invariants, stores the results and notifies staff of each change once."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from apps.monitoring.enums import CheckState
from apps.monitoring.locks import invariant_result_locked
from apps.monitoring.messages.alarms import alarm_words
from apps.monitoring.models import InvariantResult
from apps.monitoring.rules import RESULT_FORGOTTEN, is_reported
from apps.monitoring.selectors.invariants import INVARIANTS, Found, Invariant
from apps.monitoring.services.heartbeat import heartbeat_note
from apps.notifications.api import failure_words, slack_put

logger = logging.getLogger(__name__)
LONGEST_QUERY_MS: Final = 60_000


@dataclass(frozen=True)
class Checked:
    """The result of one check: `error` is class and location of a failure of the check itself."""

    invariant: Invariant
    found: Found
    error: str
    seconds: float

    @property
    def is_failing(self) -> bool:
        """Whether the invariant is broken, or unknown."""
        return bool(self.error or self.found.count)


def invariants_check(
    *, now: datetime, by_beat: bool = False, invariants: Sequence[Invariant] = INVARIANTS
) -> list[Checked]:
    """Check all invariants, store the results and report changes; a check that fails does not stop the others.

    `by_beat`: beat requested it, so beat runs, and the heartbeat is recorded first.
    """
    if by_beat:
        heartbeat_note(now=now)
    checked = [invariant_look(invariant=invariant, now=now) for invariant in invariants]
    for one in checked:
        _keep(one, now)
    unknown = InvariantResult.objects.exclude(name__in=[item.name for item in INVARIANTS])
    unknown.filter(checked_at__lte=now - RESULT_FORGOTTEN).delete()
    return checked


def invariant_look(*, invariant: Invariant, now: datetime) -> Checked:
    """Check one invariant without storing the result; its query may take a minute."""
    begun, found, error = time.perf_counter(), Found(), ""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = %s", [LONGEST_QUERY_MS])
            found = invariant.find(now=now)
            cursor.execute("SET LOCAL statement_timeout = DEFAULT")
    except Exception as failure:  # whatever is wrong with this check, the others run
        error = failure_words(failure)
        logger.exception("The check of %s fails", invariant.name)
    return Checked(invariant, found, error, time.perf_counter() - begun)


@transaction.atomic
def _keep(checked: Checked, now: datetime) -> None:
    invariant = checked.invariant
    result = invariant_result_locked(invariant.name, now=now)
    if result.checked_at > now:
        return  # a later run was faster, and its result is newer
    was_failing = result.state == CheckState.FAILING
    is_reported_now = is_reported(
        was_failing=was_failing, is_failing=checked.is_failing, told_at=result.told_at, now=now
    )
    broken_since = result.since
    state = CheckState.FAILING if checked.is_failing else CheckState.WORKING
    if result.state != state:
        result.state, result.since = state, now
    result.found, result.ids, result.error = checked.found.count, list(checked.found.ids), checked.error
    result.checked_at, result.seconds = now, checked.seconds
    if is_reported_now:
        result.told_at = now
        is_change = was_failing != checked.is_failing
        since = broken_since if was_failing else now
        _notify(checked, is_change=is_change, since=since, now=now)
    result.save()


def _notify(checked: Checked, *, is_change: bool, since: datetime, now: datetime) -> None:
    words = alarm_words(
        title=checked.invariant.title,
        sentence=checked.invariant.sentence,
        is_failing=checked.is_failing,
        is_change=is_change,
        found=checked.found.count,
        ids=checked.found.ids,
        error=checked.error,
        since=since,
        now=now,
        admin_url=_admin_url(checked.invariant),
    )
    # Nothing is reported if Slack never accepts it: it would report itself, and the health check shows it as well.
    slack_put(
        channel=settings.STT_NOTIFICATIONS_CHANNEL_ID, text=words.text, blocks=words.blocks, now=now, tells_dead=True
    )


def _admin_url(invariant: Invariant) -> str:
    """Return the admin page that has the ids, else the list of results; empty without an admin."""
    if not settings.ADMIN_ENABLED:
        return ""
    page = invariant.page or "monitoring_invariantresult"
    return f"{settings.SITE_URL}{reverse(f'admin:{page}_changelist')}"
