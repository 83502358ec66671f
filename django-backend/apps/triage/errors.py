"""Why something pressed or typed in Slack is not done; the sentences are shown to who did it."""

from apps.common.errors import DomainError


class StaffUnknown(DomainError):
    """Whoever pressed has no account here that may do it."""

    code = "staff_unknown"
    status = 403
