"""Gatherers of the outbox: a burst of events of one holder and team becomes one message.

Each is called in the transaction that marks the events as delivered, so every event is in exactly one message.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Final
from uuid import UUID

from apps.common.listeners import Message
from apps.common.topics import Topic
from apps.holders.models import TicketHolder
from apps.listings.api import DelistingRequested, ListingNews, ListingsCreated, ListingsRelisted
from apps.notifications.api import MessageDead
from apps.orders.api import SaleNews, SaleRecorded, SaleVoided
from apps.triage.enums import TriageKind
from apps.triage.messages.news import dead_words, sales_words
from apps.triage.selectors import admin_url, dead_by_topic, listings_of_sales, sales_shown
from apps.triage.services.showing import triage_refresh, triage_show

_KINDS: Final[Mapping[type[Topic], TriageKind]] = {
    ListingsCreated: TriageKind.LISTINGS,
    ListingsRelisted: TriageKind.RELISTED,
    DelistingRequested: TriageKind.DELISTING,
    SaleRecorded: TriageKind.SALE,
    SaleVoided: TriageKind.VOID,
}


def listings_gather(*, messages: Sequence[Message[ListingNews]], now: datetime) -> None:
    """Show listings for staff to decide: new ones, those listed again, and those whose holders want them off sale."""
    triage_show(
        kind=_KINDS[type(messages[0].payload)],
        object_ids=_each(message.payload.listing_ids for message in messages),
        source_key=_source(messages),
        holder_id=messages[0].payload.holder_id,
        now=now,
    )


def sales_gather(*, messages: Sequence[Message[SaleNews]], now: datetime) -> None:
    """Show seats that were sold, or sales that became void, and refresh the messages about their listings."""
    kind = _KINDS[type(messages[0].payload)]
    ids = _each(message.payload.sale_ids for message in messages)
    holder = TicketHolder.objects.select_related("user").get(id=messages[0].payload.holder_id)
    words = sales_words(
        kind=kind,
        holder=holder.user.get_full_name(),
        sales=sales_shown(sale_ids=ids),
        admin_url=admin_url("orders_sale", holder__id__exact=str(holder.id)),
    )
    triage_show(kind=kind, object_ids=ids, source_key=_source(messages), holder_id=holder.id, now=now, words=words)
    triage_refresh(object_ids=set(listings_of_sales(sale_ids=ids)), now=now)


def dead_gather(*, messages: Sequence[Message[MessageDead]], now: datetime) -> None:
    """Show messages that were given up, without those that were retried since."""
    ids = [message.payload.message_id for message in messages]
    topics, errors = dead_by_topic(message_ids=ids)
    if topics:
        url = admin_url("notifications_outboxmessage", state="dead")
        words = dead_words(topics=topics, errors=errors, admin_url=url)
        triage_show(kind=TriageKind.DEAD, object_ids=ids, source_key=_source(messages), now=now, words=words)


def _each(groups: Iterable[Sequence[UUID]]) -> list[UUID]:
    """Return every id once, in the order of the messages."""
    return list(dict.fromkeys(chain.from_iterable(groups)))


def _source(messages: Sequence[Message[Topic]]) -> str:
    return f"outbox:{messages[0].id}"
