"""What dies, is slow or is on the way to Slack, with real processes: no event is lost, none is reported twice.

Time does not pass in tests: `pass_time` moves the times in the database back instead, as if it had.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import psycopg2
import pytest
from redis import Redis

from apps.notifications.rules import LEASE, RENEWAL, SLACK_LEASE
from config.tests.slack_stack import SlackStack, slack_stack

pytestmark = pytest.mark.stack
# No more than the lease of the outbox, and while Slack was being asked that of the message too.
LEASES_OVER = max(LEASE, SLACK_LEASE)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlackStack]:
    with slack_stack(tmp_path_factory.mktemp("faults")) as stack:
        yield stack


@pytest.fixture
def stack(servers: SlackStack) -> Iterator[SlackStack]:
    servers.reset()
    yield servers
    servers.stop_all()


def all_once(stack: SlackStack, listings: list[str]) -> bool:
    return stack.reported() == Counter(listings)


def possible_duplicates(stack: SlackStack) -> int:
    return int(stack.sql("SELECT count(*) FROM notifications_slackmessage WHERE possible_duplicate")[0][0])


def given_back(stack: SlackStack, attempts: int) -> bool:
    """Whether the worker has noted its failure and let go: what it writes after a jump in time would be too late."""
    given = "topic = 'slack' AND last_error <> '' AND claimed_at IS NULL AND delivered_at IS NULL"
    return bool(stack.sql(f"SELECT 1 FROM notifications_outboxmessage WHERE {given} AND attempts >= %s", attempts))


def marked(stack: SlackStack) -> int:
    """Return how many messages say themselves that they may be there twice."""
    return sum("may be a duplicate" in str(message["blocks"]) for message in stack.messages())


class TestWorkerKilled:
    def test_between_claim_and_send(self, stack: SlackStack) -> None:
        """S3-17, S3-18: the lease runs out, another worker sends; nothing was sent, so nothing is marked."""
        listings = stack.events("list", 3)
        blocker = psycopg2.connect(stack.postgres.url)
        # Whoever sends takes the row of the message first; while this has it, the worker has claimed and not sent.
        stack.pass_time(timedelta(seconds=10))
        stack.run("manage.py", "deliver_outbox", "--gather-only")
        with blocker.cursor() as cursor:
            cursor.execute("SELECT id FROM notifications_slackmessage FOR UPDATE")
            worker, beat = stack.start("worker"), stack.start("beat")
            claimed = "SELECT 1 FROM notifications_outboxmessage WHERE topic = 'slack' AND claimed_at IS NOT NULL"
            stack.wait(lambda: stack.sql(claimed))
            renewed = " AND lease_until > claimed_at + %s"
            stack.wait(lambda: stack.sql(claimed + renewed, LEASE + RENEWAL / 2))  # it lives, and says so
            stack.kill(worker)
            stack.kill(beat)
        blocker.rollback()
        blocker.close()
        assert stack.messages() == []

        stack.pass_time(LEASE)  # all of it: the bound of docs/outbox.md
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: all_once(stack, listings))
        assert (len(stack.messages()), possible_duplicates(stack)) == (1, 0)

    def test_between_send_and_mark(self, stack: SlackStack) -> None:
        """The one window: Slack has the message and nobody knows. It is posted again, and says so."""
        stack.fault("slow", times=1, seconds=30)
        listings = stack.events("list", 3)
        worker, beat = stack.start("worker"), stack.start("beat")
        stack.wait(lambda: len(stack.messages()) == 1)
        stack.kill(worker)
        stack.kill(beat)

        stack.pass_time(LEASES_OVER)
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: len(stack.messages()) == 2)
        stack.wait(lambda: stack.undelivered() == 0)
        assert stack.reported() == Counter(dict.fromkeys(listings, 2))
        assert (possible_duplicates(stack), marked(stack)) == (1, 1)


class TestBroker:
    def test_emptied_while_tasks_wait(self, stack: SlackStack) -> None:
        """S3-18, S4-16: tasks are gone, rows are not; the sweep finds them."""
        listings = stack.events("list", 5)
        client = Redis.from_url(stack.redis.url)
        stack.run("-m", "celery", "--app", "config", "call", "notifications.deliver_outbox")
        assert client.llen("notifications") > 0
        client.flushall()
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: all_once(stack, listings))
        assert possible_duplicates(stack) == 0

    def test_restarted_under_a_worker(self, stack: SlackStack) -> None:
        """Without its memory; the worker and beat find it again by themselves."""
        stack.start("worker")
        stack.start("beat")
        first = stack.events("list", 2)
        stack.wait(lambda: all_once(stack, first))
        port = stack.redis.port
        stack.redis.stop()
        second = stack.events("list", 2)  # while it is down: the holder notices nothing
        stack.redis.start(port=port)
        stack.wait(lambda: all_once(stack, [*first, *second]), 90)
        assert possible_duplicates(stack) == 0


class TestSlack:
    def test_answers_429_for_a_minute(self, stack: SlackStack) -> None:
        """A definite no: the channel waits as long as Slack asks, and the message is there once."""
        stack.fault("rate_limited", retry_after=20, times=2)
        listings = stack.events("list", 4)
        stack.start("worker")
        stack.start("beat")
        for refused in (1, 2):
            stack.wait(lambda refused=refused: len(stack.calls()) == refused)
            stack.wait(lambda: stack.sql("SELECT 1 FROM notifications_slackchannel WHERE next_at > now() + '10 s'"))
            stack.wait(lambda refused=refused: given_back(stack, refused))
            stack.pass_time(timedelta(minutes=3))
        stack.wait(lambda: all_once(stack, listings))
        assert (possible_duplicates(stack), marked(stack)) == (0, 0)

    @pytest.mark.parametrize("kind", ["error_500", "error_503_html"])
    def test_fails_itself(self, stack: SlackStack, kind: str) -> None:
        """It had done nothing, but nobody can know: reported once, and marked."""
        stack.fault(kind, times=1)
        listings = stack.events("list", 2)
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: len(stack.calls()) == 1)
        stack.wait(lambda: given_back(stack, 1))
        assert stack.sql("SELECT 1 FROM notifications_slackmessage WHERE outcome_unknown")
        stack.pass_time(LEASES_OVER)
        stack.wait(lambda: all_once(stack, listings))
        assert marked(stack) == 1

    def test_accepts_and_loses_the_answer(self, stack: SlackStack) -> None:
        """The one window again, without a death: the second message is marked."""
        stack.fault("lose_answer", times=1)
        listings = stack.events("list", 2)
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: given_back(stack, 1))
        assert stack.sql("SELECT 1 FROM notifications_slackmessage WHERE outcome_unknown")
        assert len(stack.messages()) == 1, "not sent again within the claim"
        stack.pass_time(LEASES_OVER)
        stack.wait(lambda: stack.reported() == Counter(dict.fromkeys(listings, 2)))
        assert (possible_duplicates(stack), marked(stack)) == (1, 1)


class TestAtOnce:
    def test_two_workers_and_two_sweeps(self, stack: SlackStack) -> None:
        """S4-38: 5,000 events in 10 seconds from 50 holders, each in exactly one message."""
        for program in ("worker", "worker", "beat", "beat"):
            stack.start(program)
        made = stack.events("burst", 50, 100, 10)
        listings = [listing for of_holder in made.values() for listing in of_holder]
        assert len(listings) == 5_000
        stack.wait(lambda: stack.undelivered() == 0, 120)  # cheap to ask: what Slack shows is megabytes
        stack.wait(lambda: all_once(stack, listings))
        messages = stack.messages()
        assert 50 <= len(messages) <= 50 * 10, "gathered"
        assert len({message["metadata"]["event_payload"]["id"] for message in messages}) == len(messages)
        assert possible_duplicates(stack) == 0

    def test_a_web_process_that_dies_right_after_the_commit(self, stack: SlackStack) -> None:
        """The row exists, but the broker has no task; the sweep finds it."""
        stack.events("die", 1)
        assert Redis.from_url(stack.redis.url).llen("notifications") == 0
        listings = [str(row[0]) for row in stack.sql("SELECT id FROM listings_listing ORDER BY id DESC LIMIT 1")]
        assert stack.undelivered() > 0
        stack.start("worker")
        stack.start("beat")
        stack.wait(lambda: all_once(stack, listings))
