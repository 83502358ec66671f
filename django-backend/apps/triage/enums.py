"""What staff see in Slack and what they can do there."""

from django.db import models


class TriageKind(models.TextChoices):
    """What a message is about; decides how it is shown and which buttons it has."""

    SEASON_TICKET = "season_ticket", "New season ticket"
    LISTINGS = "listings", "New listings"
    RELISTED = "relisted", "Listed again"
    DELISTING = "delisting", "Delisting requested"
    SALE = "sale", "Sold"
    VOID = "void", "Sale void"
    EVENT = "event", "Event changed"
    ORDER = "order", "Order needs attention"
    DEAD = "dead", "Messages given up"
    DIGEST = "digest", "Overdue decisions"


class TriageAction(models.TextChoices):
    """What a button does; the value is its `action_id`. Those for listings have the names of moves (`ListingMove`)."""

    VERIFY = "triage.verify", "Verify"
    REJECT = "triage.reject", "Reject"
    APPROVE = "triage.approve", "Approve"
    DECLINE = "triage.decline", "Decline"
    APPROVE_DELISTING = "triage.approve_delisting", "Approve delisting"
    DELIST_WHEN_RELEASED = "triage.delist_when_released", "Delist when released"
    DECLINE_DELISTING = "triage.decline_delisting", "Keep on sale"


# The holder reads the reason, so staff are asked for it first.
ACTIONS_WITH_REASON = frozenset({TriageAction.REJECT, TriageAction.DECLINE, TriageAction.DECLINE_DELISTING})


class RequestKind(models.TextChoices):
    """What came from Slack."""

    BUTTON = "button", "Button"
    REASON = "reason", "Reason given"
    COMMAND = "command", "Slash command"
