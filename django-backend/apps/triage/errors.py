"""Why something pressed or typed in Slack is not done; the user reads the sentence."""

from apps.common.errors import DomainError


class StaffUnknown(DomainError, code="staff_unknown", status=403):
    """The Slack user has no account here that may do it."""
