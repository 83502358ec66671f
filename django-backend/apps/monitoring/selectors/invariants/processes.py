"""Invariants of the processes: messages go out, presses are handled, beat runs, the schema is current."""

from datetime import datetime, timedelta
from typing import Final

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q

from apps.common.listeners import listener_names
from apps.monitoring.models import BEAT, Heartbeat
from apps.monitoring.rules import BEAT_LIFE, MAX_IDS
from apps.monitoring.selectors.invariants.base import Found, Invariant, found_in
from apps.notifications.models import OutboxMessage

DELIVERY_LATE: Final = timedelta(minutes=15)
DEAD_LATE: Final = timedelta(days=1)
REQUEST_LATE: Final = timedelta(minutes=10)


class MessagesAreDelivered(Invariant):
    """The messages behind `stt_outbox_oldest_due_seconds`: of handled topics, due, and not delivered."""

    name = "outbox_delivered"
    title = "Outbox"
    sentence = "No message of the outbox has been due for more than 15 minutes."
    page = "notifications_outboxmessage"

    def find(self, *, now: datetime) -> Found:
        """Return the messages that are late; gathered ones may also wait for their countdown."""
        late = now - DELIVERY_LATE
        gathered = late - timedelta(seconds=settings.OUTBOX_GATHERING_SECONDS)
        due = Q(topic__in=listener_names(gathers=False), available_at__lte=late)
        due |= Q(topic__in=listener_names(gathers=True), available_at__lte=gathered)
        return found_in(OutboxMessage.objects.filter(due, delivered_at__isnull=True, dead_at__isnull=True))


class MessagesGivenUpAreLookedAfter(Invariant):
    """A dead message never arrived: a holder without a mail, staff without a decision to make."""

    name = "outbox_dead_looked_after"
    title = "Messages given up"
    sentence = "No message of the outbox has been given up for more than a day without anybody looking after it."
    page = "notifications_outboxmessage"

    def find(self, *, now: datetime) -> Found:
        """Return the messages that nobody has looked after."""
        late = OutboxMessage.objects.filter(dead_at__lte=now - DEAD_LATE, looked_after_at__isnull=True)
        return found_in(late)


class SlackRequestsAreHandled(Invariant):
    """Without an effect of their press, staff believe that they have decided."""

    name = "slack_requests_handled"
    title = "Slack requests"
    sentence = "No button, reason or command of Slack has waited for more than 10 minutes."
    page = "triage_slackrequest"

    def find(self, *, now: datetime) -> Found:
        """Return the waiting requests; triage is in the same layer, so its model is looked up by name."""
        requests = apps.get_model("triage", "SlackRequest")._default_manager  # noqa: SLF001 - Django's public name
        return found_in(requests.filter(handled_at__isnull=True, received_at__lte=now - REQUEST_LATE))


class BeatRuns(Invariant):
    """Beat, the broker and a worker together: if one of them is down, the heartbeat gets old."""

    name = "beat_runs"
    title = "Beat"
    sentence = "Beat has had a task run by a worker within the last 5 minutes."

    def find(self, *, now: datetime) -> Found:
        """Return the heartbeat if it is old or missing."""
        alive = Heartbeat.objects.filter(id=BEAT, at__gte=now - BEAT_LIFE).exists()
        return Found() if alive else Found(count=1, ids=(BEAT,))


class MigrationsAreApplied(Invariant):
    """The schema that this release was written for."""

    name = "migrations_applied"
    title = "Migrations"
    sentence = "All migrations of this release are applied."

    def find(self, *, now: datetime) -> Found:
        """Return the migrations that are missing, in their order."""
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        missing = [f"{migration.app_label}.{migration.name}" for migration, _ in plan]
        return Found(count=len(missing), ids=tuple(missing[:MAX_IDS]))
