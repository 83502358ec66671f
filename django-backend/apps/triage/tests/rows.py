"""Listings that wait for staff, the staff who decide, and what happens in between, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib.auth.models import Permission

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import SAM_EMAIL
from apps.listings.enums import ListingMove
from apps.listings.models import Listing, SeasonTicket
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.services.listings import listing_create
from apps.listings.tests.factories import SeasonTicketFactory, home_game
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.gathering import outbox_gather
from apps.triage.models import TriageMessage
from apps.users.models import User
from apps.users.tests.factories import UserFactory

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)
# When a burst of `NOW` has been quiet for long enough.
LATER = NOW + timedelta(minutes=1)
# All that who decides in Slack needs.
RIGHTS = ("view_listing", "change_listing", "view_seasonticket", "change_seasonticket")
NASTY = "<!channel> *x* & <http://a|b>"


def staff(*rights: str, email: str = SAM_EMAIL, **fields: Any) -> User:
    """Return a member of staff with these permissions, all that triage needs without any."""
    user = UserFactory(email=email, **{"staff": True, "first_name": "Sam", "last_name": "Staff", **fields})
    user.user_permissions.set(Permission.objects.filter(codename__in=rights or RIGHTS))
    return user


def block(**fields: Any) -> SeasonTicket:
    """Return a verified block of seats 1 to 4 of Ann Fan."""
    return SeasonTicketFactory(
        holder__user__first_name="Ann", holder__user__last_name="Fan", team__name="Eagles", **fields
    )


def pending(
    of: SeasonTicket, *seats: str, event: Event | None = None, now: datetime = NOW, cents: int = 10_000
) -> Listing:
    """Return a listing of seats, all of the block's without names, that waits for approval."""
    return Listing.objects.get(
        id=listing_create(
            holder=of.holder,
            season_ticket_id=of.id,
            event_id=(event or home_game(of)).id,
            seats=seats or of.seats,
            price_cents=cents,
            act=Act(of.holder.user.id, ChangeSource.API, now),
        )
    )


def move(
    listing: Listing,
    wish: ListingMove,
    *,
    actor: User | None = None,
    source: ChangeSource = ChangeSource.API,
    now: datetime = NOW,
    reason: str = "For a test",
) -> Listing:
    """Make a move with a listing."""
    return listing_move(listing_id=listing.id, move=wish, act=act_of(actor, source=source, now=now, reason=reason))


def tell(now: datetime = LATER) -> None:
    """Gather and deliver until nothing is due any more; no second passes meanwhile, however slow the machine is."""
    outbox_gather(now=now)
    while outbox_deliver(now=now, limit=50, clock=lambda: 0).claimed:
        pass


def told(now: datetime = LATER) -> TriageMessage:
    """Gather and deliver, and return the newest message to staff."""
    tell(now)
    message = TriageMessage.objects.select_related("slack_message", "holder__user").first()
    assert message is not None
    return message


def fresh(message: TriageMessage) -> TriageMessage:
    """Return a message as it stands now."""
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
