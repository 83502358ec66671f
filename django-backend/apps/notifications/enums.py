"""Words of the outbox."""

from django.db import models


class MessageState(models.TextChoices):
    """The state of an outbox message; derived from its times, not stored."""

    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Being delivered"
    FAILED = "failed", "Failed, tried again later"
    DEAD = "dead", "Dead: given up"
    LOOKED_AFTER = "looked_after", "Dead, and looked after"
    DELIVERED = "delivered", "Delivered"


class NoticeKind(models.TextChoices):
    """What mails and notices to holders are about; each kind of mail can be switched off."""

    SEASON_TICKETS = "season_tickets", "Season tickets"
    LISTINGS = "listings", "Listings"
    SALES = "sales", "Sales"
    EVENTS = "events", "Events"
    STATEMENTS = "statements", "Statements"


class SlackState(models.TextChoices):
    """The state of a message in Slack."""

    WAITING = "waiting", "Waiting"
    CHANGING = "changing", "Shown, a change is on its way"
    SHOWN = "shown", "Shown"
    LOGGED = "logged", "In the log: no Slack token"
    GONE = "gone", "Deleted in Slack"
