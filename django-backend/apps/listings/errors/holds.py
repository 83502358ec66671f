"""What can go wrong when seats are held for a buyer."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from apps.common.errors import DomainError


class SeatsNotHeld(DomainError, code="seats_not_held"):
    """Nothing is held, because seats of one listing or more cannot be; `refusals` has the reason by listing."""

    def __init__(self, refusals: Mapping[UUID, DomainError]) -> None:
        details = [
            replace(detail, code=detail.code or refusal.code)
            for refusal in refusals.values()
            for detail in refusal.details
        ]
        super().__init__(details[0].detail)
        self.details = tuple(details)
        self.refusals = refusals


class HoldEnded(DomainError, code="hold_ended"):
    """The seats are no longer held; the sentence says since when and why."""

    def __init__(self, *, outcome: str, at: datetime, reason: str) -> None:
        why = f" {reason}" if reason else ""
        super().__init__(f"The hold has ended: {outcome.lower()} at {at.isoformat(timespec='seconds')}.{why}")


class HoldTooLong(DomainError, code="hold_too_long"):
    """A hold has an absolute end."""

    def __init__(self, *, latest: datetime) -> None:
        super().__init__(f"The seats can be held until {latest.isoformat(timespec='seconds')} at the latest.")
