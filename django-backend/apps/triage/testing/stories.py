"""Listings that wait for staff, the staff who decide, and what happens in between, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from apps.common.acts import ChangeSource
from apps.common.testing.local_slack import SAM_EMAIL
from apps.listings.testing import stories
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.gathering import outbox_gather
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.triage.models import TriageMessage
from apps.users.models import User
from apps.users.testing.stories import staff_member

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
# When a burst of `NOW` has been quiet for long enough.
LATER = NOW + timedelta(minutes=1)
# All permissions for deciding in Slack.
RIGHTS = ("view_listing", "change_listing", "view_seasonticket", "change_seasonticket")
NASTY = "<!channel> *x* & <http://a|b>"


def staff(*rights: str, email: str = SAM_EMAIL, **fields: Any) -> User:
    """Return a member of staff with these permissions; without any, with all that triage needs."""
    return staff_member(*(rights or RIGHTS), email=email, **{"first_name": "Sam", "last_name": "Staff", **fields})


def block(**fields: Any) -> SeasonTicket:
    """Return a verified block of seats 1 to 4 of Ann Fan."""
    return SeasonTicketFactory(
        holder__user__first_name="Ann", holder__user__last_name="Fan", team__name="Eagles", **fields
    )


pending = partial(stories.pending, now=NOW)
move = partial(stories.move, source=ChangeSource.API, now=NOW)


def deliver(now: datetime = LATER) -> None:
    """Gather and deliver until nothing is due; the clock stands still, so it does not depend on the machine."""
    outbox_gather(now=now)
    while outbox_deliver(now=now, limit=50, clock=lambda: 0).claimed:
        pass


def newest(now: datetime = LATER) -> TriageMessage:
    """Gather and deliver, and return the newest message to staff."""
    deliver(now)
    message = TriageMessage.objects.select_related("slack_message", "holder__user").first()
    assert message is not None
    return message


def fresh(message: TriageMessage) -> TriageMessage:
    """Return a message as it is now."""
    return TriageMessage.objects.select_related("slack_message", "holder__user").get(id=message.id)


def unsent() -> list[str]:
    """Return the topics of the messages that are not delivered."""
    return list(OutboxMessage.objects.filter(delivered_at__isnull=True).values_list("topic", flat=True))


def words_of(message: dict[str, Any]) -> str:
    """Return everything that a message of Slack says in its blocks, one text a line."""
    return "\n".join(_texts(message["blocks"]))


def buttons_of(message: dict[str, Any]) -> list[str]:
    """Return the actions of the buttons of a message, links aside."""
    return [element["action_id"] for element in elements_of(message) if "url" not in element]


def elements_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the buttons and links of a message."""
    return [element for found in message["blocks"] if found["type"] == "actions" for element in found["elements"]]


def _texts(found: Any) -> Sequence[str]:
    if isinstance(found, list):
        return [text for item in found for text in _texts(item)]
    if isinstance(found, dict):
        own = [found["text"]] if isinstance(found.get("text"), str) else []
        return own + [text for value in found.values() if isinstance(value, dict | list) for text in _texts(value)]
    return []
