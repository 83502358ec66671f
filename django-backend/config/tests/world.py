"""A small product for tests that ask every address: one of each row, and the people who may see them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from apps.catalog.models import Event
from apps.common.testing.acts import act_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.models import Notice
from apps.notifications.testing.factories import NoticeFactory
from apps.orders.models import Order, OrderRefund, Sale
from apps.orders.rules.refunds import RefundScope
from apps.orders.selectors.order_links import order_token
from apps.orders.services.refunds import order_refund
from apps.orders.testing.stories import record, settled
from apps.payments.enums import RefundReason
from apps.payouts.models import Statement
from apps.payouts.testing.stories import statement_of
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

STAFF = "/api/v1/staff/"
UNKNOWN_ID = "019a0000-0000-7000-8000-000000000000"


class World(NamedTuple):
    """What is in the database, and the two people who ask.

    The listing is one of the first block; nothing is listed of the second one, and the third waits for staff.
    """

    season_tickets: list[SeasonTicket]
    event: Event
    listing: Listing
    sale: Sale
    statement: Statement
    order: Order
    refund: OrderRefund
    notice: Notice
    holder: User
    staff: User


def make_world() -> World:
    """A holder with three blocks, a game, a listing, a sale, its statement, an order and a notice; and a superuser."""
    season_ticket = SeasonTicketFactory()
    event = home_game(season_ticket)
    place = {"holder": season_ticket.holder, "team": season_ticket.team, "season": season_ticket.season}
    others = [SeasonTicketFactory(row="B", **place), SeasonTicketFactory(row="C", status="pending", **place)]
    sale = record(on_sale("4", block=season_ticket, event=event), "4")[0]
    statement = statement_of(sale)
    holder, client = season_ticket.holder.user, AppClient()
    client.log_in(holder.email, PASSWORD)
    data = {"season_ticket": str(season_ticket.id), "event": str(event.id), "seats": ["1"], "price": "100.00"}
    answer = client.post("/api/v1/listings/", data, format="json")
    assert answer.status_code == 201, answer.json()
    listing = Listing.objects.get(id=answer.json()["id"])
    notice = NoticeFactory(user=holder)
    order = settled(on_sale("3", block=season_ticket, event=event))
    refund = order_refund(
        order_id=order.id,
        scope=RefundScope(amount_cents=100),
        reason=RefundReason.REQUESTED,
        return_seats=False,
        act=act_of(),
    )
    staff = UserFactory(superuser=True)
    return World([season_ticket, *others], event, listing, sale, statement, order, refund, notice, holder, staff)


@pytest.fixture(scope="module")
def shared_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The world, made once for a module; each test, which asks for `db` too, rolls back what it changes."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world()
        transaction.set_rollback(True)


def ids_below(ids: Mapping[str, list[str]], path: str) -> list[str]:
    """Return the ids, from `known_ids`, that the first parameter of a path takes."""
    before = re.split("[<{]", path, maxsplit=1)[0].strip("/").split("/")
    return ids.get("/".join(before[-2:])) or ids.get(before[-1], [])


def known_ids(world: World) -> dict[str, list[str]]:
    """Return ids that exist, by the name of the field or of the collection that takes them."""
    season = world.event.season
    rows: dict[str, list[Any]] = {
        "event": [world.event],
        "listing": [world.listing],
        "ticket": list(world.listing.tickets.all()),
        "sale": [world.sale],
        "statement": [world.statement],
        "refund": [world.refund],
        "notification": [world.notice],
        "season_ticket": world.season_tickets,
        "season": [season],
        "team": [world.event.home_team],
        "league": [season.league],
        "venue": [world.event.venue],
    }
    by_name = {name: [str(row.pk) for row in found] for name, found in rows.items()}
    collections = {f"{name.replace('_', '-')}s": pks for name, pks in by_name.items()}
    collections |= {"orders": [order_token(world.order.id)], "staff/orders": [str(world.order.id)]}
    return by_name | collections | {"ids": [*by_name["listing"], *by_name["sale"]], "except": by_name["event"]}
