"""What happened to listings, of one holder and one team each, and to holds."""

from uuid import UUID

from apps.common.topics import Topic
from apps.listings.enums import HoldOutcome, HoldOwner, ListingMove


class ListingNews(Topic):
    """Something happened to listings of one holder."""

    listing_ids: tuple[UUID, ...]
    holder_id: UUID


class ListingsCreated(ListingNews, name="listing.created"):
    """A holder has listed seats; staff approve them."""


class ListingsChanged(ListingNews, name="listing.changed"):
    """Listings that staff decide about now have other prices or shares."""


class ListingsMoved(ListingNews, name="listing.moved"):
    """Listings made a move; without an actor it was the system."""

    move: ListingMove
    reason: str
    actor_id: UUID | None


class ListingsRelisted(ListingsMoved, name="listing.relisted"):
    """Listings wait for staff again."""


class DelistingRequested(ListingsMoved, name="listing.delisting_requested"):
    """A holder wants listings off sale; staff decide."""


class HoldEnded(Topic, name="hold.ended"):
    """A hold has ended without a sale: how, and why if somebody gave a reason."""

    hold_id: UUID
    owner_kind: HoldOwner
    owner_id: UUID
    outcome: HoldOutcome
    reason: str
