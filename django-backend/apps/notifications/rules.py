"""When a failed message is tried again."""

from datetime import timedelta
from typing import Final

FIRST_DELAY: Final = timedelta(seconds=30)
LONGEST_DELAY: Final = timedelta(hours=1)
# With these delays the last attempt is about half a day after the first, longer than a night without a mail server.
MAX_ATTEMPTS: Final = 20
# A live deliverer renews its lease; one that has not for this long is presumed dead. That is six missed renewals, so
# neither a slow database nor clocks that differ by some seconds look like a crash.
LEASE: Final = timedelta(seconds=30)
RENEWAL: Final = timedelta(seconds=5)
# Nobody keeps a claim for longer; half of it is left for the delivery that starts last.
LONGEST_CLAIM: Final = timedelta(minutes=5)
BUSY_SECONDS: Final = LONGEST_CLAIM.total_seconds() / 2
# The same for sending one message to Slack, which takes seconds.
SLACK_LEASE: Final = timedelta(minutes=1)
# A burst that does not end is gathered after this time, or at this size.
LONGEST_GATHERING: Final = timedelta(minutes=5)
LARGE_GROUP: Final = 100
# A message that failed this often is gathered alone, so that it does not delay its group.
ALONE_AFTER: Final = 5
# When to look again at a message that somebody else is sending.
SLACK_RETRY: Final = timedelta(seconds=5)
# How long nothing is sent to a channel after a call that Slack did not answer.
SLACK_OUTAGE: Final = timedelta(seconds=30)


def retry_delay(*, attempts: int, jitter: float, asked_seconds: int | None = None) -> timedelta:
    """Return how long to wait after the failure of attempt number `attempts` (from 1).

    Doubles up to an hour. `jitter` in [0, 1] shortens it by up to half, so that messages that failed together are not
    retried together. `asked_seconds` is what the other side asked for (Retry-After); the delay is never shorter.
    """
    doubled = FIRST_DELAY * (1 << min(attempts - 1, 10))
    delay = min(doubled, LONGEST_DELAY) * (1 - jitter / 2)
    return max(delay, timedelta(seconds=asked_seconds or 0))
