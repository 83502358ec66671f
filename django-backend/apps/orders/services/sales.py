"""Sales are recorded: by staff for outside marketplaces, by orders for our own shop."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.acts import Act, ChangeSource
from apps.common.database import violated_constraint
from apps.common.ids import uuid7
from apps.common.text import nearest
from apps.holders.api import PayoutExplanation, RateKey, commission_rates_for, payout_explanation, rate_day
from apps.listings.api import SoldSeats, event_payable, hold_sell, listing_seats_sell
from apps.listings.models import Listing
from apps.notifications.api import outbox_put
from apps.orders.enums import HOUSE
from apps.orders.errors.sales import ListingUnknown, MarketplaceUnknown, SaleRecordedAlready, SeatAlreadySold
from apps.orders.models import Marketplace, Sale
from apps.orders.selectors.sales import marketplaces_in_use
from apps.orders.topics import SaleRecorded


@transaction.atomic
def sale_record(
    *,
    listing_id: UUID | None = None,
    hold_id: UUID | None = None,
    seats: Sequence[str] | None = None,
    quantity: int | None = None,
    marketplace: str,
    invoice_number: str,
    customer_reference: str = "",
    price_cents: int | None = None,
    sold_at: datetime | None = None,
    act: Act,
    ignore_split_rule: bool = False,
    allow_duplicate_invoice: bool = False,
) -> list[Sale]:
    """Record the sale of seats of one listing: one row for each seat, all in one batch, each with its frozen split.

    The rate is that of the UTC date of the sale. The rows come lowest seat first, with seat, event and marketplace
    loaded.

    Args:
        listing_id: the listing; None with a hold.
        hold_id: of seats that are held for this buyer; all of them are sold, at the price of the hold.
        seats: names as printed, or None and a `quantity` of neighbours.
        quantity: how many seats, None when they are named.
        marketplace: code of an active one; `HOUSE` only by an act of the shop.
        invoice_number: of the marketplace.
        customer_reference: of the buyer, at the marketplace; staff only.
        price_cents: what the buyer agreed to pay for each seat; None: the price of the listing, read under its lock.
        sold_at: when the buyer agreed (UTC); None: now.
        act: who records it, when and where.
        ignore_split_rule: the sale was made elsewhere, even if the split rule forbids it.
        allow_duplicate_invoice: other seats of the listing may be sold under this invoice already.

    Raises:
        MarketplaceUnknown, ListingUnknown: there is no such marketplace in use, no such listing.
        SaleRecordedAlready: the invoice has a sale of this listing that is not void.
        SeatAlreadySold: a seat has a sale that is not void.
        DomainError: the seats cannot be sold; see `listing_seats_sell` and `hold_sell`.
        ValueError: neither a listing nor a hold, or a hold with seats, a quantity or a price of its own.
    """
    place = _marketplace(marketplace, act)
    if hold_id:
        if listing_id or seats or quantity or price_cents is not None:
            raise ValueError("a hold says which seats of which listing are sold, and at which price")
        sold = hold_sell(hold_id=hold_id, act=act, sold_at=sold_at)
    elif listing_id:
        sold = _sold(listing_id, seats, quantity, act, sold_at=sold_at, ignore_split_rule=ignore_split_rule)
    else:
        raise ValueError("name a listing or a hold")
    if not allow_duplicate_invoice:
        _refuse_duplicate(sold.listing, place, invoice_number)
    at = sold_at or act.at
    split = _frozen_split(sold, price_cents=price_cents, on=rate_day(at))
    batch_id, listing = uuid7(), sold.listing
    sales = [
        Sale(
            ticket=ticket,
            listing=listing,
            event=sold.event,
            holder_id=listing.holder_id,
            marketplace=place,
            batch_id=batch_id,
            invoice_number=invoice_number,
            customer_reference=customer_reference,
            price_cents=split.price_cents,
            currency=split.currency,
            rate_bps=split.rate_bps,
            rate_rule=split.rule.value,
            commission_cents=split.commission_cents,
            payout_cents=split.payout_cents,
            explanation=split.as_json(),
            sold_at=at,
            recorded_by_id=act.actor_id,
            source=act.source,
        )
        for ticket in sold.tickets
    ]
    _insert(sales)
    outbox_put(
        payload=SaleRecorded(sale_ids=tuple(sale.id for sale in sales), holder_id=listing.holder_id),
        aggregate_key=f"holder:{listing.holder_id}",
        now=act.at,
    )
    return sales


def _sold(listing_id: UUID, seats: Sequence[str] | None, quantity: int | None, act: Act, **options: Any) -> SoldSeats:
    try:
        return listing_seats_sell(listing_id=listing_id, seats=seats, quantity=quantity, act=act, **options)
    except Listing.DoesNotExist as error:
        raise ListingUnknown from error


def _marketplace(code: str, act: Act) -> Marketplace:
    if code == HOUSE and act.source != ChangeSource.SHOP:
        raise MarketplaceUnknown(code, "is our own shop, whose sales are recorded by its orders.")
    place = Marketplace.objects.filter(code=code).first()
    if place is None:
        in_use = marketplaces_in_use().values_list("code", flat=True)
        raise MarketplaceUnknown(code, near=nearest(code, in_use))
    if not place.is_active:
        raise MarketplaceUnknown(code, "is not active.")
    return place


def _refuse_duplicate(listing: Listing, place: Marketplace, invoice_number: str) -> None:
    # Under the lock of the listing: of two concurrent requests with one invoice, the second sees what the first has
    # sold.
    earlier = Sale.objects.filter(listing=listing, marketplace=place, invoice_number=invoice_number, voided_at=None)
    if earlier.exists():
        recorded = earlier.order_by("id").values_list("sold_at", "ticket__seat")
        seats = [seat for _, seat in recorded]
        raise SaleRecordedAlready(invoice=f"{place} {invoice_number}", sold_at=recorded[0][0], seats=seats)


def _frozen_split(sold: SoldSeats, *, price_cents: int | None, on: date) -> PayoutExplanation:
    listing, event = sold.listing, sold.event
    key = RateKey(listing.holder_id, event.home_team_id, listing.commission_rate_bps)
    return payout_explanation(
        price_cents=sold.price_cents if price_cents is None else price_cents,
        rate=commission_rates_for(keys={key}, on=on)[key],
        currency=listing.currency,
        payable=event_payable(event),
    )


def _insert(sales: Sequence[Sale]) -> None:
    try:
        Sale.objects.bulk_create(sales)
    except IntegrityError as error:
        # The seats are locked and were for sale, so the row and the sales of a seat contradict each other.
        if violated_constraint(error) != "sale_ticket_sold_once":
            raise
        raise SeatAlreadySold from error
