"""When a result is current, and when a failure is reported again."""

from datetime import datetime, timedelta
from typing import Final

# An older result says nothing.
RESULT_LIFE: Final = timedelta(hours=1)
# Longer than a deployment: a worker of the previous release does not know the new invariants.
RESULT_FORGOTTEN: Final = timedelta(days=1)
# A new product has this long until its first check.
FIRST_GRACE: Final = timedelta(hours=1)
# Longer than the schedule of the checks: the heartbeat requests a missed one.
CHECK_OVERDUE: Final = timedelta(minutes=20)
# A worker without a heartbeat for this long is pinged, and is dead if it does not answer.
WORKER_LIFE: Final = timedelta(seconds=30)
BEAT_LIFE: Final = timedelta(minutes=5)
# A replica is behind for seconds beside an import; longer, it has stopped following.
REPLICA_LAG: Final = timedelta(minutes=1)
# A failure that persists is reported once a day; checks run every 15 minutes, so the day is a little shorter.
REPORTED_AGAIN: Final = timedelta(days=1) - timedelta(minutes=10)
MAX_IDS: Final = 20


def is_reported(*, was_failing: bool, is_failing: bool, told_at: datetime | None, now: datetime) -> bool:
    """Return whether staff are notified of a result: each change once, a failure that persists once a day."""
    if was_failing != is_failing:
        return True
    return is_failing and (told_at is None or now - told_at >= REPORTED_AGAIN)


def duration_text(duration: timedelta) -> str:
    """Return a duration in its largest two units: `2 d 3 h`, `5 min`, `0 min`."""
    minutes = max(0, int(duration.total_seconds())) // 60
    days, hours, minutes = minutes // 1_440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"
