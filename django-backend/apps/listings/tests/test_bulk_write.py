"""Many listings in one statement: it writes what the models would."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.listings.enums import DeliveryType, ListingStatus
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.offers import NewListing, Offer
from apps.listings.rules.price_plans import FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms, PlannedPrice, terms_of
from apps.listings.selectors.listings import listing_answers_by_id, new_listing_answers
from apps.listings.selectors.payouts import games_of
from apps.listings.services.lifecycle.bulk_write import NewPrice, listings_insert, prices_update
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RICH = ListingTerms(
    floor_cents=8_000,
    floor_basis=FloorBasis.NET,
    price_steps=(PriceStep(14, 1_000), PriceStep(3, 2_500)),
    split_rule=SplitRule.CUSTOM,
    custom_quantities=(2, 4),
    in_hand_date=date(2040, 9, 1),
    delivery_type=DeliveryType.HARD,
    disclosures=("aisle", "piggyback"),
    show_seats=True,
    notes="Two pairs, \"both\" {ends}, it's O'Neil: \\ NULL, 100 % ü\n",
)


def new(season_ticket: SeasonTicket, event: Event, terms: ListingTerms, *seats: str) -> NewListing:
    due_at = NOW + timedelta(days=3) if terms.price_steps else None
    block, game = season_ticket.seat_block, games_of(event_ids=[event.id])[event.id]
    return NewListing(Offer(game, block, seats, 10_000, terms), block, PlannedPrice(9_000, due_at))


def insert(*listings: NewListing, season_ticket: SeasonTicket) -> None:
    actor_id = season_ticket.holder.user_id
    listings_insert(listings=listings, currency="USD", act=Act(actor_id, ChangeSource.CSV, NOW))


def write_by_models(listing: NewListing, season_ticket: SeasonTicket) -> Listing:
    terms = listing.offer.terms
    row = Listing.objects.create(
        holder=season_ticket.holder,
        season_ticket=season_ticket,
        event_id=listing.offer.game.id,
        price_cents=9_000,
        base_price_cents=10_000,
        next_markdown_at=listing.price.next_markdown_at,
        status_changed_at=NOW,
        **vars(terms) | {"price_steps": [[step.days_before, step.off_bps] for step in terms.price_steps]},
    )
    for position, seat in enumerate(season_ticket.seats):
        if seat in (listing.offer.seats or ()):
            Ticket.objects.create(
                listing=row,
                event_id=listing.offer.game.id,
                section=season_ticket.section,
                row=season_ticket.row,
                seat=seat,
                position=position,
                general_admission_block=season_ticket.general_admission_block,
                status_changed_at=NOW,
            )
    ListingEvent.objects.create(
        listing=row, actor=season_ticket.holder.user, source="csv", from_status="", to_status="pending", at=NOW
    )
    return row


def columns(row: Any) -> dict[str, Any]:
    own = {"id", "created_at", "updated_at", "event_id", "listing_id"}
    return {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if f.attname not in own}


class TestListingsInsert:
    @pytest.mark.parametrize("terms", [ListingTerms(), RICH])
    @pytest.mark.parametrize("numbering", ["consecutive", "general_admission"])
    def test_writes_what_the_models_write(self, terms: ListingTerms, numbering: str) -> None:
        """In every column of the three tables."""
        season_ticket = SeasonTicketFactory(numbering=numbering)
        listed = new(season_ticket, home_game(season_ticket), terms, "1", "2", "4")
        insert(listed, season_ticket=season_ticket)
        bulk = Listing.objects.get(id=listed.id)
        single = write_by_models(new(season_ticket, home_game(season_ticket), terms, "1", "2", "4"), season_ticket)
        single.refresh_from_db()
        assert columns(bulk) == columns(single)
        for relation in ("tickets", "history"):
            rows = [[columns(row) for row in getattr(listing, relation).all()] for listing in (single, bulk)]
            assert rows[0] == rows[1]
        assert (bulk.created_at, bulk.updated_at) == (NOW, NOW)
        answers = new_listing_answers([listed], at=NOW, on=NOW.date())
        assert answers == listing_answers_by_id([listed.id], on=NOW.date())
        assert set(bulk.tickets.values_list("event_id", "created_at")) == {(listed.offer.game.id, NOW)}

    def test_writes_many_blocks_with_one_query(self, django_assert_num_queries: Any) -> None:
        first = SeasonTicketFactory()
        second = SeasonTicketFactory(team=first.team, season=first.season, holder=first.holder, row="B")
        events = [home_game(first) for _ in range(3)]
        listings = [
            new(block, event, terms, "1", "3")
            for block, terms in ((second, RICH), (first, ListingTerms()))
            for event in events
        ]
        with django_assert_num_queries(1):
            insert(*listings[::-1], season_ticket=first)
        assert Ticket.objects.count() == 12
        found = Listing.objects.values_list("id", "season_ticket", "split_rule", "custom_quantities")
        assert set(found.filter(season_ticket=first).values_list("split_rule", flat=True)) == {"any"}
        assert {tuple(row[3]) for row in found if row[1] == second.id} == {(2, 4)}
        assert all(terms_of(Listing.objects.get(id=one.id)) == one.offer.terms for one in listings)
        assert ListingEvent.objects.filter(to_status=ListingStatus.PENDING).count() == 6

    def test_writes_in_the_order_that_all_agree_on(self) -> None:
        """Event, section, row and position: the physical order of the rows shows it."""
        first = SeasonTicketFactory(last_seat=12)
        second = SeasonTicketFactory(team=first.team, season=first.season, row="B", last_seat=12)
        events = [home_game(first) for _ in range(2)]
        listings = [new(block, event, RICH, "10", "9", "2") for event in events[::-1] for block in (second, first)]
        insert(*listings, season_ticket=first)
        written = Ticket.objects.order_by(RawSQL("ctid", ())).values_list("event_id", "row", "position")
        assert list(written) == sorted(written)

    def test_writes_nothing_without_listings(self, season_ticket: SeasonTicket, django_assert_num_queries: Any) -> None:
        with django_assert_num_queries(0):
            insert(season_ticket=season_ticket)
            prices_update(prices=[], now=NOW)

    def test_lets_a_seat_be_active_once(self, season_ticket: SeasonTicket, event: Event) -> None:
        insert(new(season_ticket, event, RICH, "1"), season_ticket=season_ticket)
        with pytest.raises(IntegrityError, match="ticket_seat_active_once"), transaction.atomic():
            insert(new(season_ticket, event, RICH, "1"), season_ticket=season_ticket)


class TestPricesUpdate:
    def test_sets_each_listing_to_its_own_price(self, season_ticket: SeasonTicket) -> None:
        listed = [new(season_ticket, home_game(season_ticket), RICH, "1") for _ in range(3)]
        insert(*listed, season_ticket=season_ticket)
        later = NOW + timedelta(days=9)
        prices = [NewPrice(listed[0].id, 500, 700, None), NewPrice(listed[2].id, 600, 800, later)]
        prices_update(prices=prices, now=later)
        found = {
            row.id: (row.price_cents, row.base_price_cents, row.next_markdown_at, row.updated_at == later)
            for row in Listing.objects.all()
        }
        assert found == {
            listed[0].id: (500, 700, None, True),
            listed[1].id: (9_000, 10_000, NOW + timedelta(days=3), False),
            listed[2].id: (600, 800, later, True),
        }
