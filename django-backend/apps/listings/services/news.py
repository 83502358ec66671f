"""Notifies higher apps of changes of listings, through the outbox.

Each message is about one holder and one team, so that those that belong together can be gathered.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.common.acts import Act
from apps.listings.enums import LISTING_MOVES, UNDECIDED_LISTING_STATUSES, HoldOutcome, HoldOwner, ListingMove, News
from apps.listings.models import Hold, Listing
from apps.listings.rules.offers import NewListing
from apps.listings.topics import (
    DelistingRequested,
    HoldEnded,
    ListingNews,
    ListingsChanged,
    ListingsCreated,
    ListingsMoved,
    ListingsRelisted,
)
from apps.notifications.api import NewMessage, outbox_put_many
from apps.season_tickets.api import aggregate_key

_TOPICS: Final[Mapping[News, type[ListingsMoved]]] = {
    News.MOVED: ListingsMoved,
    News.RELISTED: ListingsRelisted,
    News.DELISTING_REQUESTED: DelistingRequested,
}
# Ids of listings, each with its holder and team.
_Keys = list[tuple[UUID, tuple[UUID, UUID | None]]]


def listings_created_notify(*, listings: Iterable[NewListing], now: datetime) -> None:
    """Put a message for each holder and team with new listings."""
    keys: _Keys = [(new.id, (new.block.holder_id, new.block.team_id)) for new in listings]
    outbox_put_many(messages=_messages(keys, ListingsCreated), now=now)


def listings_changed_notify(*, listings: Iterable[Listing], now: datetime) -> None:
    """Put a message for each holder and team whose undecided listings have new prices or shares.

    So nobody approves by an outdated price. The events are loaded already.
    """
    waiting = [listing for listing in listings if listing.status in UNDECIDED_LISTING_STATUSES]
    outbox_put_many(messages=_messages(_by_holder_and_team(waiting), ListingsChanged), now=now)


def listings_moved_notify(*, listings: Iterable[Listing], move: ListingMove, act: Act) -> None:
    """Put the messages of a move for each holder and team whose listings made it.

    The events of the listings are loaded already.
    """
    keys = _by_holder_and_team(listings)
    messages = [
        message
        for news in LISTING_MOVES[move].news
        for message in _messages(keys, _TOPICS[news], move=move, reason=act.reason, actor_id=act.actor_id)
    ]
    outbox_put_many(messages=messages, now=act.at)


def holds_ended_notify(*, holds: Iterable[Hold], now: datetime) -> None:
    """Put a message for the owner of each hold that ended without a sale: how, and why if somebody gave a reason."""
    messages = [
        NewMessage(
            payload=HoldEnded(
                hold_id=hold.id,
                owner_kind=HoldOwner(hold.owner_kind),
                owner_id=hold.owner_id,
                outcome=HoldOutcome(hold.outcome),
                reason=hold.reason,
            ),
            aggregate_key=hold.owner,
        )
        for hold in holds
    ]
    outbox_put_many(messages=messages, now=now)


def _by_holder_and_team(listings: Iterable[Listing]) -> _Keys:
    # Seats are listed at home games, so the team of the event is that of the block.
    return [(listing.id, (listing.holder_id, listing.event.home_team_id)) for listing in listings]


def _messages(listings: _Keys, topic: type[ListingNews], **words: Any) -> list[NewMessage]:
    groups: dict[tuple[UUID, UUID | None], list[UUID]] = {}
    for listing_id, key in listings:
        groups.setdefault(key, []).append(listing_id)
    return [
        NewMessage(payload=topic(listing_ids=tuple(ids), holder_id=key[0], **words), aggregate_key=aggregate_key(*key))
        for key, ids in groups.items()
    ]
