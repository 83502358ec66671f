"""When a holder's payout is due."""

from datetime import date, timedelta

from apps.catalog.enums import EventStatus
from apps.holders.rules import Payable


def payable(*, status: str, event_date: date | None, days_after_event: int) -> Payable:
    """Return the date at which the payout of a seat at an event is due, or why there is none.

    `event_date` is the date at the venue, None while it is to be decided.
    """
    if status == EventStatus.CANCELLED:
        return Payable(None, "The event is cancelled: buyers are refunded, nothing is paid out.")
    if status == EventStatus.POSTPONED:
        return Payable(None, "The event is postponed: held until rescheduled.")
    if event_date is None:
        return Payable(None, "The date of the event is to be decided: held until it is known.")
    due = event_date + timedelta(days=days_after_event)
    days = "1 day" if days_after_event == 1 else f"{days_after_event} days"
    return Payable(due, f"{days} after the event of {event_date.isoformat()}.")
