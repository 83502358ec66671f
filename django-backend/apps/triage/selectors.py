"""The contents of messages to staff, each in a constant number of queries."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, Max, Min, QuerySet, Sum
from django.urls import reverse

from apps.catalog.models import EventChange
from apps.common.text import seats_named
from apps.holders.api import RateKey, commission_rates_for, commission_split, rate_day
from apps.holders.models import TicketHolder
from apps.listings.api import held_until
from apps.listings.enums import UNDECIDED_LISTING_STATUSES, ListingChange, ListingStatus
from apps.listings.models import Listing, ListingEvent
from apps.notifications.models import OutboxMessage
from apps.orders.enums import OrderConcern
from apps.orders.models import EventRefundRun, Order, OrderRefund, Sale
from apps.payments.enums import RefundStatus
from apps.season_tickets.api import twins_of
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket
from apps.triage.enums import TriageKind
from apps.triage.messages.listings import WAITING, ListingsShown
from apps.triage.messages.news import EventShown, ShownSale, Waiting
from apps.triage.messages.orders import OrderShown, RefundsShown
from apps.triage.messages.season_tickets import SeasonTicketShown
from apps.triage.models import TriageMessage
from apps.triage.rules.listings import ShownListing

DECIDED_KINDS = (*WAITING, TriageKind.SEASON_TICKET)


def messages_about(*, object_ids: Collection[UUID]) -> QuerySet[TriageMessage]:
    """Return the messages whose contents depend on the status of these listings or season tickets."""
    return _messages().filter(object_ids__overlap=list(object_ids), kind__in=DECIDED_KINDS).order_by("id")


def message_by_id(message_id: UUID | str) -> TriageMessage | None:
    """Return one message, None if there is none of this id."""
    return _messages().filter(id=message_id).first()


def _messages() -> QuerySet[TriageMessage]:
    return TriageMessage.objects.select_related("slack_message", "holder__user")


def listings_shown(message: TriageMessage, *, now: datetime, only: Collection[UUID] | None = None) -> ListingsShown:
    """Return what a message about listings says now, with payouts at the rates of today (UTC).

    `only` leaves out all listings but these.
    """
    wanted = message.object_ids if only is None else only
    related = ("season_ticket", "event__venue", "event__home_team")
    found = Listing.objects.filter(id__in=wanted).select_related(*related)
    listings = list(found.prefetch_related("tickets").order_by("id"))
    changes = ListingEvent.objects.filter(listing__in=listings, change=ListingChange.STATUS).select_related("actor")
    last = {change.listing_id: change for change in changes.order_by("listing_id", "-id").distinct("listing_id")}
    keys = {row.id: RateKey(row.holder_id, row.event.home_team_id, row.commission_rate_bps) for row in listings}
    rates = commission_rates_for(keys=set(keys.values()), on=rate_day(now))
    kind = TriageKind(message.kind)
    review = admin_url("listings_listing", holder__id__exact=str(message.holder_id))
    waiting = [row.id for row in listings if row.status == WAITING[kind]]
    if review and waiting:  # otherwise there is nothing to choose from
        review += f"&status__exact={WAITING[kind].value}"
    return ListingsShown(
        message_id=str(message.id),
        kind=kind,
        holder=message.holder.user.get_full_name() if message.holder else "",
        teams=", ".join(dict.fromkeys(str(row.event.home_team) for row in listings)),
        listings=[_shown(row, last[row.id], rates[keys[row.id]].rate_bps) for row in listings],
        admin_url=review,
        held=len(held_until(listing_ids=waiting)) if kind is TriageKind.DELISTING else 0,
    )


def season_ticket_shown(message: TriageMessage) -> SeasonTicketShown:
    """Return what the message about a season ticket says now."""
    tickets = SeasonTicket.objects.select_related("holder__user", "team", "season__league", "decided_by", "ended_by")
    ticket = tickets.get(id=message.object_ids[0])
    ended = ticket.status == SeasonTicketStatus.ENDED
    actor = ticket.ended_by if ended else ticket.decided_by
    seats = seats_named(ticket.seats)
    if ticket.general_admission_block:
        seats = f"{len(ticket.seats)} places"
    return SeasonTicketShown(
        message_id=str(message.id),
        holder=ticket.holder.user.get_full_name(),
        team=str(ticket.team),
        season=str(ticket.season),
        place=f"section {ticket.section}, row {ticket.row}, {seats}",
        numbering=ticket.get_numbering_display(),
        status=SeasonTicketStatus(ticket.status),
        twins={twin.season_ticket.id: twin.text for twin in twins_of([ticket]).get(ticket.id, [])},
        decided_by=actor.get_full_name() if actor else "",
        decided_at=ticket.ended_at if ended else ticket.decided_at,
        reason=ticket.end_reason if ended else ticket.rejection_reason,
        admin_url=admin_url("season_tickets_seasonticket", page="change", id=ticket.id),
    )


def season_tickets_shown_with(season_ticket_id: UUID) -> list[UUID]:
    """Return a season ticket and those whose messages name it as one for what may be the same seats.

    They are found by their seats, whatever its status.
    """
    season_ticket = SeasonTicket.objects.get(id=season_ticket_id)
    season_ticket.status = SeasonTicketStatus.PENDING
    twins = twins_of([season_ticket]).get(season_ticket_id, [])
    return [season_ticket_id, *(twin.season_ticket.id for twin in twins)]


def sales_shown(*, sale_ids: Sequence[UUID]) -> list[ShownSale]:
    """Return sales for a message, by event and seat."""
    sales = Sale.objects.filter(id__in=sale_ids).select_related("ticket", "event__venue", "marketplace")
    return [
        ShownSale(
            event=sale.event.label,
            start=sale.event.local_start,
            place=f"section {sale.ticket.section}, row {sale.ticket.row}, seat {sale.ticket.seat}",
            marketplace=sale.marketplace.name,
            invoice=sale.invoice_number,
            price_cents=sale.price_cents,
            payout_cents=sale.payout_cents,
            commission_cents=sale.commission_cents,
            currency=sale.currency,
            void_reason=sale.void_reason,
            returned=sale.seat_returned,
        )
        for sale in sales.order_by("event__starts_at", "event", "ticket__section", "ticket__row", "ticket__position")
    ]


def listings_of_sales(*, sale_ids: Sequence[UUID]) -> list[UUID]:
    """Return the listings whose seats were sold."""
    return list(Sale.objects.filter(id__in=sale_ids).order_by().values_list("listing_id", flat=True).distinct())


def undecided_listings_of(*, event_id: UUID) -> list[UUID]:
    """Return the listings of an event that wait for a decision of staff."""
    waiting = Listing.objects.filter(event=event_id, status__in=UNDECIDED_LISTING_STATUSES)
    return list(waiting.order_by().values_list("id", flat=True))


def event_shown(change: EventChange) -> EventShown | None:
    """Return what a message says about a change of an event, None if it has no open sale.

    Event, venues and actor of the change are loaded.
    """
    open_sales = Sale.objects.filter(event=change.event_id, voided_at__isnull=True)
    sums = open_sales.aggregate(
        sales=Count("id"), holders=Count("holder", distinct=True), cents=Sum("price_cents"), currency=Max("currency")
    )
    if not sums["sales"]:
        return None
    return EventShown(
        event=change.event.label,
        what="New venue" if change.is_new_venue else change.get_to_status_display(),
        before=f"{change.local_starts[0]}{f', {change.from_venue}' if change.is_new_venue else ''}",
        after=f"At {change.to_venue}" if change.is_new_venue else change.get_to_status_display(),
        note=change.note,
        by=change.actor.get_full_name() if change.actor else "",
        sales=sums["sales"],
        holders=sums["holders"],
        sold_cents=sums["cents"],
        currency=sums["currency"],
        admin_url=admin_url("orders_sale", event__id__exact=str(change.event_id)),
    )


def order_shown(order_id: UUID, concern: OrderConcern) -> OrderShown:
    """Return what a message says about an order that staff must look at."""
    order = Order.objects.select_related("payment").get(id=order_id)
    events = order.lines.order_by("event__starts_at").values_list("event__label", flat=True)
    disputes = order.payment.disputes.filter(closed_at__isnull=True) if order.payment else None
    return OrderShown(
        number=order.number,
        what=concern.label.lower(),
        events=", ".join(dict.fromkeys(events)),
        paid_cents=order.paid_cents,
        refunded_cents=order.refunded_cents,
        currency=order.currency,
        evidence_due=disputes.aggregate(due=Min("due_by"))["due"] if disputes is not None else None,
        admin_url=admin_url("orders_order", page="change", id=order.id),
    )


def refunds_shown(run_id: UUID) -> RefundsShown:
    """Return what a message says about the refunds for a cancelled event."""
    run = EventRefundRun.objects.select_related("event").get(id=run_id)
    refunds = OrderRefund.objects.filter(run=run)
    arrived = refunds.filter(payment_refund__status=RefundStatus.SUCCEEDED).aggregate(
        orders=Count("order", distinct=True), cents=Sum("amount_cents")
    )
    return RefundsShown(
        event=run.event.label,
        orders=arrived["orders"],
        refunded_cents=arrived["cents"] or 0,
        failed=refunds.exclude(payment_refund__status=RefundStatus.SUCCEEDED).count(),
        left=len(run.problems),
        currency=settings.CURRENCY,
        admin_url=admin_url("orders_orderrefund", run__id__exact=str(run.id)),
    )


def dead_by_topic(*, message_ids: Collection[UUID]) -> tuple[dict[str, int], list[str]]:
    """Return how many of these messages are given up by topic, and the kinds of failure."""
    dead = OutboxMessage.objects.filter(id__in=message_ids, dead_at__isnull=False).order_by()
    rows = dead.values("topic").annotate(count=Count("id"), errors=ArrayAgg("last_error", distinct=True))
    topics = {row["topic"]: row["count"] for row in rows}
    return topics, sorted({error for row in rows for error in row["errors"] if error})


def waiting_for_staff(*, before: datetime | None = None, holder: TicketHolder | None = None) -> list[Waiting]:
    """Return what waits for a decision, by kind, holder and team, the longest first.

    With `before` (UTC) only what has waited since before that time, with `holder` only this holder's.
    """
    tickets = SeasonTicket.objects.filter(status=SeasonTicketStatus.PENDING)
    listings = Listing.objects.filter(status__in=UNDECIDED_LISTING_STATUSES)
    if holder:
        tickets, listings = tickets.filter(holder=holder), listings.filter(holder=holder)
    if before:
        tickets, listings = tickets.filter(submitted_at__lt=before), listings.filter(status_changed_at__lt=before)
    names = ("holder__user__first_name", "holder__user__last_name", "holder__user__email")
    groups = tickets.order_by().values(*names, "team__name").annotate(count=Count("id"), since=Min("submitted_at"))
    waiting = [_waiting(row, "season ticket", row["team__name"]) for row in groups]
    by_team = listings.order_by().values(*names, "status", "event__home_team__name")
    for row in by_team.annotate(count=Count("id"), since=Min("status_changed_at")):
        what = "new listing" if row["status"] == ListingStatus.PENDING else "delisting request"
        waiting.append(_waiting(row, what, row["event__home_team__name"] or ""))
    return sorted(waiting, key=lambda row: row.since)


def holder_by_email(email: str) -> TicketHolder | None:
    """Return the holder whose user has this address, ignoring case."""
    return TicketHolder.objects.select_related("user").filter(user__email=email.strip().lower()).first()


def admin_url(model: str, *, page: str = "changelist", id: UUID | None = None, **query: str) -> str:  # noqa: A002 - the word
    """Return the address of an admin page, empty if there is no admin."""
    if not settings.ADMIN_ENABLED:
        return ""
    path = reverse(f"admin:{model}_{page}", args=[id] if id else [])
    return f"{settings.SITE_URL}{path}{'?' if query else ''}{urlencode(query)}"


def admin_home() -> str:
    """Return the address of the admin, empty if there is none."""
    return f"{settings.SITE_URL}{reverse('admin:index')}" if settings.ADMIN_ENABLED else ""


def _shown(listing: Listing, last: ListingEvent, rate_bps: int) -> ShownListing:
    tickets = sorted(listing.tickets.all(), key=lambda ticket: ticket.position)
    split = commission_split(price_cents=listing.price_cents, rate_bps=rate_bps)
    return ShownListing(
        event_id=listing.event_id,
        event=listing.event.label,
        starts_at=listing.event.starts_at,
        start=listing.event.local_start,
        section=tickets[0].section,
        row=tickets[0].row,
        seats=tuple(ticket.seat for ticket in tickets),
        price_cents=listing.price_cents,
        payout_cents=split.payout_cents,
        currency=listing.currency,
        status=ListingStatus(listing.status),
        from_status=last.from_status,
        changed_at=listing.status_changed_at,
        changed_by=last.actor.get_full_name() if last.actor else "",
        source=last.source,
        note=last.note,
        unfit=_unfit(listing),
    )


def _unfit(listing: Listing) -> str:
    if venue := listing.other_venue:
        return f"the event is at {venue}, these seats are not"
    return f"in hand {listing.in_hand_date}, after the event" if listing.in_hand_after else ""


def _waiting(row: dict[str, Any], what: str, team: str) -> Waiting:
    name = f"{row['holder__user__first_name']} {row['holder__user__last_name']}".strip()
    return Waiting(
        what=what, holder=name or row["holder__user__email"], team=team, count=row["count"], since=row["since"]
    )
