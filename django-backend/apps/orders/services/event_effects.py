"""What a change of an event does to its listings, sales and holders, in a constant number of queries."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Sum

from apps.catalog.models import Event, EventChange
from apps.common.acts import Act
from apps.listings.api import BLOCK_AND_GAME, event_note_write, holds_close, listings_locked, moves_make
from apps.listings.enums import ACTIVE_TICKET_STATUSES, ListingMove, ListingStatus
from apps.listings.models import Listing, Ticket
from apps.notifications.api import NewNotice, outbox_put, people_notify
from apps.notifications.enums import NoticeKind
from apps.orders.enums import HOUSE, DeliveryStatus
from apps.orders.messages.holders import SeatOfHolder, change_notice, mail_context
from apps.orders.models import Sale
from apps.orders.services.order_moves import orders_of_sales_refresh
from apps.orders.topics import EventChanged


def affected_by(event: Event) -> tuple[list[Listing], list[SeatOfHolder]]:
    """Lock the listings of a locked event; return those with active seats, and these seats, holder by holder.

    All listings are locked, not only open ones: a sale or its voiding may be changing which are open. It holds the lock
    of the listing, so either its result is seen here, or it waits and sees the change of the event.
    """
    ids = list(Listing.objects.filter(event=event).values_list("id", flat=True))
    listings = listings_locked(ids, *BLOCK_AND_GAME)
    rows = Ticket.objects.filter(event=event, status__in=ACTIVE_TICKET_STATUSES)
    seats = [
        SeatOfHolder(*row)
        for row in rows.order_by("listing__holder__user_id", "section", "row", "position").values_list(
            "listing_id", "listing__holder__user_id", "section", "row", "seat", "status", "listing__in_hand_date",
            "listing__status",
        )
    ]  # fmt: skip
    active = {seat.listing_id for seat in seats}
    return [listing for listing in listings if listing.id in active], seats


def listings_close(listings: Sequence[Listing], act: Act) -> None:
    """Take open listings off sale for good, and end all holds; the histories of the others say why."""
    holds_close(listings, act)
    closed = _off_sale(listings, ListingMove.CLOSE, act)
    event_note_write([listing for listing in listings if listing.id not in closed], act)


def listings_recall(change: EventChange, listings: Sequence[Listing], act: Act) -> set[UUID]:
    """Take listings off sale whose seats are not at the venue of an event. All get a row in the history.

    Return all listings whose seats are not there, including those that were off sale before.

    For a team without a home venue these are all listings, once the event changes its venue. They wait for staff, who
    approve them if the seats are right: a stadium with a new name, or a game that is moved back. If the holder had
    asked for delisting, they are delisted.
    """
    away = [one for one in listings if one.other_venue or (change.is_new_venue and one.seats_venue_id is None)]
    holds_close(away, act)
    recalled = set[UUID]()
    for status, move in (
        (ListingStatus.LISTED, ListingMove.RECALL),
        (ListingStatus.DELISTING_REQUESTED, ListingMove.CLOSE),
    ):
        recalled |= _off_sale([listing for listing in away if listing.status == status], move, act)
    event_note_write([listing for listing in listings if listing.id not in recalled], act)
    return {listing.id for listing in away}


def _off_sale(listings: Iterable[Listing], move: ListingMove, act: Act) -> set[UUID]:
    """Make a move with those listings that can make it; return which."""
    made = moves_make([listing.id for listing in listings], move, act)
    return {listing_id for listing_id, outcome in made.items() if isinstance(outcome, Listing)}


def refunds_flag(*, event: Event, now: datetime) -> int:
    """Flag the sales of an event, except void ones, for refund; return how many."""
    sales = Sale.objects.filter(event=event, voided_at__isnull=True, refund_due_at__isnull=True)
    return sales.update(refund_due_at=now, updated_at=now)


def deliveries_reopen(*, event: Event, now: datetime) -> int:
    """Mark delivered sales as pending again, as a new date may bring new tickets; return how many."""
    delivered = Sale.objects.filter(event=event, voided_at__isnull=True, delivery_status=DeliveryStatus.COMPLETE)
    of_shop = list(delivered.filter(marketplace__code=HOUSE).select_related("marketplace"))
    reopened = delivered.update(delivery_status=DeliveryStatus.PENDING, delivered_at=None, updated_at=now)
    orders_of_sales_refresh(of_shop, now=now)
    return reopened


def staff_notify(*, change: EventChange, now: datetime) -> None:
    """Put one message about the change for staff who handle its sales."""
    payload = EventChanged(event_change_id=change.id)
    outbox_put(payload=payload, aggregate_key=f"event:{change.event_id}", now=now)


def holders_notify(
    *,
    change: EventChange,
    template: str,
    seats: Sequence[SeatOfHolder],
    now: datetime,
    redelivery: bool = False,
    recalled: Collection[UUID] = (),
) -> int:
    """Put a notice and a mail for each holder with active seats, about those seats; return how many.

    `recalled` are the listings that are off sale because their seats are at another venue.
    """
    by_user: dict[UUID, list[SeatOfHolder]] = {}
    for seat in seats:
        by_user.setdefault(seat.user_id, []).append(seat)
    if not by_user:
        return 0
    sums = Sale.objects.filter(event=change.event, voided_at__isnull=True).order_by().values("holder__user_id")
    payouts = {row["holder__user_id"]: row["cents"] for row in sums.annotate(cents=Sum("payout_cents"))}
    contexts = {
        user_id: mail_context(
            change=change,
            seats=own,
            payout_cents=payouts.get(user_id, 0),
            currency=settings.CURRENCY,
            redelivery=redelivery,
            recalled=recalled,
        )
        for user_id, own in by_user.items()
    }
    notices = [
        NewNotice(
            user_id=user_id,
            kind=NoticeKind.EVENTS,
            words=change_notice(context, template=template),
            object_ids=[change.event_id],
            template=template,
            context=context,
        )
        for user_id, context in contexts.items()
    ]
    return people_notify(notices=notices, source_id=change.id, now=now)
