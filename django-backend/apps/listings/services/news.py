"""Tells the apps above what happened to listings and season tickets, through the outbox.

The topics are facts in the words of this app; the settings name the listeners. Each message is about one holder and
one team, so that those that belong together can be gathered.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.common.acts import Act
from apps.listings.enums import LISTING_MOVES, UNDECIDED_LISTING_STATUSES, ListingMove
from apps.listings.models import Hold, Listing, SeasonTicket
from apps.listings.services.lifecycle.bulk_write import NewListing
from apps.notifications.api import NewMessage, outbox_put_many

SEASON_TICKET_REGISTERED: Final = "season_ticket.registered"
LISTING_CREATED: Final = "listing.created"
LISTING_CHANGED: Final = "listing.changed"
HOLD_ENDED: Final = "hold.ended"


def season_ticket_tell(*, topic: str, season_ticket: SeasonTicket, now: datetime) -> None:
    """Put one message about a season ticket and the status that it has now; one query."""
    payload = {
        "season_ticket_id": str(season_ticket.id),
        "holder_id": str(season_ticket.holder_id),
        "team_id": str(season_ticket.team_id),
        "status": str(season_ticket.status),
    }
    key = _key(season_ticket.holder_id, season_ticket.team_id)
    outbox_put_many(messages=[NewMessage(topic=topic, aggregate_key=key, payload=payload)], now=now)


def listings_created_tell(*, listings: Iterable[NewListing], now: datetime) -> None:
    """Put a message for each holder and team with new listings; one query, none for no listing."""
    groups: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for listing in listings:
        groups.setdefault((listing.block.holder_id, listing.block.team_id), []).append(listing.id)
    outbox_put_many(messages=_messages(groups, [LISTING_CREATED], {}), now=now)


def listings_changed_tell(*, listings: Iterable[Listing], now: datetime) -> None:
    """Put a message for each holder and team whose listings staff decide about have other prices or shares by now.

    Nobody approves by a price that was. One query, none when nothing waits for a decision; events are loaded already.
    """
    waiting = [listing for listing in listings if listing.status in UNDECIDED_LISTING_STATUSES]
    outbox_put_many(messages=_messages(_by_holder_and_team(waiting), [LISTING_CHANGED], {}), now=now)


def listings_moved_tell(*, listings: Iterable[Listing], move: ListingMove, act: Act) -> None:
    """Put the messages of a move for each holder and team whose listings made it; one query, none for no message.

    The events of the listings are loaded already.
    """
    words = {
        "move": move.value,
        "reason": act.reason,
        "source": str(act.source),
        "actor_id": str(act.actor_id) if act.actor_id else None,
    }
    messages = _messages(_by_holder_and_team(listings), LISTING_MOVES[move].news, words)
    outbox_put_many(messages=messages, now=act.at)


def holds_ended_notify(*, holds: Iterable[Hold], now: datetime) -> None:
    """Put a message for the owner of each hold that has ended without a sale: how, and why if somebody said so."""
    messages = [
        NewMessage(
            topic=HOLD_ENDED,
            aggregate_key=hold.owner,
            payload={
                "hold_id": str(hold.id),
                "owner_kind": str(hold.owner_kind),
                "owner_id": str(hold.owner_id),
                "outcome": str(hold.outcome),
                "reason": hold.reason,
            },
        )
        for hold in holds
    ]
    outbox_put_many(messages=messages, now=now)


def _by_holder_and_team(listings: Iterable[Listing]) -> dict[tuple[UUID, UUID | None], list[UUID]]:
    # Seats are listed at home games, so the team of the event is that of the block.
    groups: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for listing in listings:
        groups.setdefault((listing.holder_id, listing.event.home_team_id), []).append(listing.id)
    return groups


def _key(holder_id: UUID, team_id: UUID | None) -> str:
    return f"holder:{holder_id}:team:{team_id}"


def _messages(
    groups: Mapping[tuple[UUID, UUID | None], list[UUID]], topics: Iterable[str], words: dict[str, Any]
) -> list[NewMessage]:
    return [
        NewMessage(
            topic=topic,
            aggregate_key=_key(holder_id, team_id),
            payload={"listing_ids": list(map(str, ids)), "holder_id": str(holder_id), "team_id": str(team_id), **words},
        )
        for (holder_id, team_id), ids in groups.items()
        for topic in topics
    ]
