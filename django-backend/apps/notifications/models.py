"""Messages of the outbox and of Slack, notices, and what mails people have switched off."""

from django.conf import settings
from django.db import models

from apps.common.ids import uuid7
from apps.notifications.enums import MessageState, NoticeKind, SlackState


class OutboxMessage(models.Model):
    """One message; deleted some time after its delivery.

    Unclaimed, it waits for `available_at`; claimed, it belongs to one deliverer until `lease_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    topic = models.CharField(max_length=60, help_text="What it is about; decides who delivers it.")
    aggregate_key = models.CharField(max_length=120, help_text="What belongs together: event:<id>, holder:<id>.")
    payload = models.JSONField()
    created_at = models.DateTimeField()
    available_at = models.DateTimeField(help_text="Not to be delivered before.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Renewed by the deliverer while it lives.")
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often a delivery was begun.")
    last_error = models.CharField(max_length=300, blank=True, help_text="Kind and place of the failure, no data.")
    dead_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is given up.")
    looked_after_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody noted that it may stay dead: its reader was told another way."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["topic", "available_at", "id"],
                name="outboxmessage_due",
                condition=models.Q(delivered_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(
                fields=["delivered_at"], name="outboxmessage_delivered", condition=models.Q(delivered_at__isnull=False)
            ),
            models.Index(fields=["dead_at"], name="outboxmessage_dead", condition=models.Q(dead_at__isnull=False)),
            models.Index(fields=["aggregate_key", "-id"], name="outboxmessage_key_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=True) | models.Q(dead_at__isnull=True),
                name="outboxmessage_not_both_ends",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.aggregate_key}"

    @property
    def state(self) -> MessageState:
        """The state, derived from the times."""
        if self.delivered_at:
            return MessageState.DELIVERED
        if self.dead_at:
            return MessageState.LOOKED_AFTER if self.looked_after_at else MessageState.DEAD
        if self.claimed_at:
            return MessageState.CLAIMED
        return MessageState.FAILED if self.last_error else MessageState.WAITING


class SlackMessage(models.Model):
    """One message of ours in a channel. Text and blocks are what it should show; delivery updates Slack.

    `version` counts changes of the contents, `synced_version` is the one that Slack shows. `ts` is Slack's id of the
    message in its channel, empty until it is posted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=40, help_text="Id of the channel.")
    text = models.TextField(help_text="For notifications and screen readers.")
    blocks = models.JSONField(help_text="Block Kit.")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    synced_version = models.PositiveIntegerField(default=0)
    ts = models.CharField(max_length=30, blank=True, help_text="Slack's name for the message.")
    posted_at = models.DateTimeField(null=True, blank=True)
    sending_since = models.DateTimeField(null=True, blank=True, help_text="Who sends it has had it since.")
    outcome_unknown = models.BooleanField(default=False, help_text="It was sent and no answer came.")
    possible_duplicate = models.BooleanField(
        default=False, help_text="Posted again after an attempt of which the answer was lost; it says so itself."
    )
    logged_at = models.DateTimeField(null=True, blank=True, help_text="Written to the log: there is no Slack token.")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Somebody has deleted it in Slack.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "ts"], condition=~models.Q(ts=""), name="slackmessage_channel_ts_once"
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def state(self) -> SlackState:
        """The state of the message; derived from its times, not stored."""
        if self.gone_at:
            return SlackState.GONE
        if self.ts:
            return SlackState.SHOWN if self.synced_version == self.version else SlackState.CHANGING
        return SlackState.LOGGED if self.logged_at else SlackState.WAITING


class SlackChannel(models.Model):
    """When the next message may go to a channel: Slack takes about one a second."""

    id = models.CharField(max_length=40, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class Notice(models.Model):
    """One notice to one user; deleted after the retention."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notices")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    title = models.CharField(max_length=200)
    text = models.TextField(blank=True)
    object_ids = models.JSONField(default=list, blank=True, help_text="What it is about, ids of the kind's objects.")
    source_id = models.UUIDField(help_text="The message of the outbox that it was made from.")
    created_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["user", "-id"], name="notice_user_id"),
            models.Index(fields=["user"], name="notice_user_unread", condition=models.Q(read_at__isnull=True)),
            models.Index(fields=["created_at"], name="notice_created_at"),
        ]
        constraints = [
            # A handler that is called again for the same message makes no second notice.
            models.UniqueConstraint(fields=["source_id", "user"], name="notice_once_for_user")
        ]

    def __str__(self) -> str:
        return self.title


class MailOptOut(models.Model):
    """One kind of mail that one user has switched off; without a row the kind is on."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_opt_outs")
    kind = models.CharField(max_length=20, choices=NoticeKind.choices)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind"], name="mailoptout_once")]

    def __str__(self) -> str:
        return f"No mails about {self.get_kind_display().lower()}"
