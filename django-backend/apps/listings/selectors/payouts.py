"""What a sale would bring."""

from datetime import date
from uuid import UUID

from django.conf import settings

from apps.catalog.models import Event
from apps.holders.api import Payable, PayoutExplanation, commission_rate_for, payout_explanation
from apps.holders.models import TicketHolder
from apps.listings.rules.home_games import payable


def payout_preview(
    *, holder: TicketHolder | None, price_cents: int, team_id: UUID | None, event: Event | None, on: date
) -> PayoutExplanation:
    """Return the payout of a sale on the UTC date `on`, and why; without a holder, that of a new one.

    Without a `team_id`, the event's home team counts, if any. The venue of the event is loaded already.
    """
    home_team_id = event.home_team_id if event else None
    rate = commission_rate_for(holder=holder, team_id=team_id or home_team_id, on=on)
    due = event_payable(event)
    return payout_explanation(price_cents=price_cents, rate=rate, currency=settings.CURRENCY, payable=due)


def event_payable(event: Event | None) -> Payable:
    """Return when payouts of seats at an event are due, as known today; its venue is loaded already."""
    if event is None:
        return Payable(None, "Depends on the event: name one to see the date.")
    event_date = None if event.date_tbd else event.starts_at.astimezone(event.venue.zone).date()
    return payable(status=event.status, event_date=event_date, days_after_event=settings.PAYOUT_DAYS_AFTER_EVENT)
