"""Gatherers of the outbox: a burst of events of one holder and team becomes one message.

Each is called in the transaction that marks the events as delivered, so every event is in exactly one message.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from apps.holders.models import TicketHolder
from apps.notifications.models import OutboxMessage
from apps.triage.enums import TriageKind
from apps.triage.messages.news import dead_words, sales_words
from apps.triage.selectors import admin_url, dead_by_topic, listings_of_sales, sales_shown
from apps.triage.services.showing import triage_refresh, triage_show


def listings_created_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show new listings of a holder and team, to be approved or declined."""
    _show_listings(TriageKind.LISTINGS, messages, now)


def listings_relisted_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show listings that a holder lists again, to be approved or declined."""
    _show_listings(TriageKind.RELISTED, messages, now)


def delistings_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show listings that a holder wants off sale, to be delisted or kept."""
    _show_listings(TriageKind.DELISTING, messages, now)


def sales_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show seats that were sold, and refresh the messages about their listings."""
    _tell_sales(TriageKind.SALE, messages, now)


def voids_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show sales that became void, and refresh the messages about their listings."""
    _tell_sales(TriageKind.VOID, messages, now)


def dead_gather(*, messages: Sequence[OutboxMessage], now: datetime) -> None:
    """Show messages that were given up, without those that were retried since."""
    ids = list(_ids(messages, "message_id"))
    topics, errors = dead_by_topic(message_ids=ids)
    if topics:
        url = admin_url("notifications_outboxmessage", state="dead")
        told = dead_words(topics=topics, errors=errors, admin_url=url)
        triage_show(kind=TriageKind.DEAD, object_ids=ids, source_key=_source(messages), now=now, told=told)


def _show_listings(kind: TriageKind, messages: Sequence[OutboxMessage], now: datetime) -> None:
    triage_show(
        kind=kind,
        object_ids=list(dict.fromkeys(_ids(messages, "listing_ids"))),
        source_key=_source(messages),
        holder_id=UUID(messages[0].payload["holder_id"]),
        now=now,
    )


def _tell_sales(kind: TriageKind, messages: Sequence[OutboxMessage], now: datetime) -> None:
    ids = list(dict.fromkeys(_ids(messages, "sale_ids")))
    holder = TicketHolder.objects.select_related("user").get(id=messages[0].payload["holder_id"])
    told = sales_words(
        kind=kind,
        holder=holder.user.get_full_name(),
        sales=sales_shown(sale_ids=ids),
        admin_url=admin_url("orders_sale", holder__id__exact=str(holder.id)),
    )
    triage_show(kind=kind, object_ids=ids, source_key=_source(messages), holder_id=holder.id, now=now, told=told)
    triage_refresh(object_ids=set(listings_of_sales(sale_ids=ids)), now=now)


def _ids(messages: Sequence[OutboxMessage], name: str) -> Iterator[UUID]:
    for message in messages:
        found = message.payload[name]
        yield from map(UUID, [found] if isinstance(found, str) else found)


def _source(messages: Sequence[OutboxMessage]) -> str:
    return f"outbox:{messages[0].id}"
