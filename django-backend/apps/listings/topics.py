"""What happened to season tickets and listings, of one holder and one team each, and to holds."""

from uuid import UUID

from apps.common.topics import Topic
from apps.listings.enums import HoldOutcome, HoldOwner, ListingMove, SeasonTicketStatus


class SeasonTicketNews(Topic):
    """Something happened to a season ticket, which has `status` since."""

    season_ticket_id: UUID
    holder_id: UUID
    status: SeasonTicketStatus


class SeasonTicketRegistered(SeasonTicketNews):
    """A holder has registered a season ticket; staff verify it."""

    name = "season_ticket.registered"


class SeasonTicketDecision(SeasonTicketNews):
    """Staff have decided about a season ticket."""

    name = "season_ticket.decided"


class ListingNews(Topic):
    """Something happened to listings of one holder."""

    listing_ids: tuple[UUID, ...]
    holder_id: UUID


class ListingsCreated(ListingNews):
    """A holder has listed seats; staff approve them."""

    name = "listing.created"


class ListingsChanged(ListingNews):
    """Listings that staff decide about have other prices or shares by now."""

    name = "listing.changed"


class ListingsMoved(ListingNews):
    """Listings made a move; nobody has made those of the system."""

    name = "listing.moved"
    move: ListingMove
    reason: str
    actor_id: UUID | None


class ListingsRelisted(ListingsMoved):
    """Listings wait for staff again."""

    name = "listing.relisted"


class DelistingRequested(ListingsMoved):
    """A holder wants listings off sale; staff decide."""

    name = "listing.delisting_requested"


class HoldEnded(Topic):
    """A hold has ended without a sale: how, and why if somebody said so."""

    name = "hold.ended"
    waits = True
    hold_id: UUID
    owner_kind: HoldOwner
    owner_id: UUID
    outcome: HoldOutcome
    reason: str
