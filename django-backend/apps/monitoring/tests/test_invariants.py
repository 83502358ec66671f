"""Each invariant: planted damage is found with its ids, sound data is not."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.common.testing.queries import queries_of
from apps.holders.models import CommissionAgreement
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory, make_team
from apps.listings.enums import ListingMove, ListingStatus, TicketStatus
from apps.listings.models import Hold, Listing, Ticket
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import held_row, move, on_sale, pending
from apps.monitoring.models import Heartbeat
from apps.monitoring.selectors.invariants import INVARIANTS, Found
from apps.monitoring.selectors.invariants.base import SqlInvariant
from apps.monitoring.tests.damage import unguarded, write
from apps.notifications.models import OutboxMessage
from apps.notifications.testing.factories import OutboxMessageFactory
from apps.orders.models import Sale
from apps.orders.testing.stories import record, void
from apps.season_tickets.services.season_tickets import distinct_place_name
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def find(name: str, now: datetime | None = None) -> Found:
    [invariant] = [one for one in INVARIANTS if one.name == name]
    return invariant.find(now=now or timezone.now())


def sold(listing: Listing, *seats: str) -> list[Sale]:
    return record(listing, *(seats or listing.tickets.values_list("seat", flat=True)))


def ids(*rows: Any) -> tuple[str, ...]:
    return tuple(sorted(str(row.pk) for row in rows))


@pytest.fixture
def season() -> list[Listing]:
    """Sound rows of every kind: on sale, partly sold, sold, void and back, delisted, declined, withdrawn, pending."""
    block = SeasonTicketFactory()
    listings = [on_sale(block=block) for _ in range(5)]
    pending(block=block)
    sold(listings[0], "1")
    sold(listings[1])
    void(sold(listings[2]))
    void(sold(listings[3]), return_seats=False)
    move(move(listings[4], ListingMove.REQUEST_DELISTING), ListingMove.APPROVE_DELISTING)
    move(pending(block=block), ListingMove.DECLINE)
    move(pending(block=block), ListingMove.WITHDRAW)
    move(move(on_sale(block=block), ListingMove.REQUEST_DELISTING), ListingMove.DECLINE_DELISTING)
    over = on_sale(block=block)
    sold(over, "4")
    begin(over.event, at=over.created_at - timedelta(minutes=1))
    listings_expire(now=timezone.now())
    CommissionAgreementFactory()
    return listings


class TestAll:
    def test_find_nothing_in_sound_data(self, season: list[Listing]) -> None:
        """Rows of every status, made by the services: no invariant calls them broken."""
        Heartbeat.objects.create(id="beat", at=timezone.now())
        OutboxMessage.objects.update(available_at=timezone.now())  # nobody delivers in this test
        assert set(Listing.objects.values_list("status", flat=True)) >= {
            "pending", "listed", "sold", "delisted", "declined", "expired"
        }  # fmt: skip
        assert {one.name: one.find(now=timezone.now()) for one in INVARIANTS} == {
            one.name: Found() for one in INVARIANTS
        }

    @pytest.mark.parametrize("invariant", INVARIANTS, ids=lambda one: one.name)
    def test_take_one_query_each(self, invariant: Any) -> None:
        """The migrations are read by Django's own executor, which asks for the table's name first."""
        assert queries_of(lambda: invariant.find(now=timezone.now())) == (
            2 if invariant.name == "migrations_applied" else 1
        )

    def test_have_names_and_sentences_of_their_own(self) -> None:
        for what in ("name", "title", "sentence"):
            assert len({getattr(one, what) for one in INVARIANTS}) == len(INVARIANTS)

    def test_name_twenty_ids_and_count_all(self) -> None:
        now = timezone.now()
        rows = [OutboxMessageFactory(dead_at=now - timedelta(days=2)) for _ in range(23)]
        found = find("outbox_dead_looked_after", now)
        assert (found.count, len(found.ids)) == (23, 20)
        assert found.ids == ids(*rows)[:20]


class TestSeats:
    def double(self, **changes: str) -> tuple[Ticket, Ticket]:
        """One seat in two active tickets of one event, as another spelling or without the unique index."""
        block = SeasonTicketFactory()
        first = on_sale("1", block=block)
        second = on_sale("2", block=block, event=first.event)
        mine, other = first.tickets.get(), second.tickets.get()
        with unguarded("ticket_seat_active_once"):
            Ticket.objects.filter(id=other.id).update(**{"seat": mine.seat, **changes})
        return mine, other

    def test_are_found_in_two_active_tickets(self) -> None:
        """S4-07: without the index the database itself takes both."""
        mine, other = self.double()
        assert find("seats_active_once") == Found(2, ids(mine.listing, other.listing))

    @pytest.mark.parametrize("changes", [{"row": "a"}, {"row": " A "}, {"section": "101 "}])
    def test_are_found_in_another_spelling(self, changes: dict[str, str]) -> None:
        """The unique index compares letters; here a seat is a seat."""
        mine, other = self.double(**changes)
        assert find("seats_active_once") == Found(2, ids(mine.listing, other.listing))

    def test_are_found_where_two_blocks_read_alike(self) -> None:
        """Twins that were verified before anybody compared them; named as distinct they are two seats."""
        block = SeasonTicketFactory()
        with unguarded():
            twin = SeasonTicketFactory(
                team=block.team, season=block.season, section="SEC 101", row="A.", numbering="listed",
                listed_seats=["X", "01."], last_seat=2,
            )  # fmt: skip
        first = on_sale("1", block=block)
        second = on_sale("01.", block=twin, event=first.event)
        on_sale("X", block=twin, event=first.event)
        assert find("seats_active_once") == Found(2, ids(first, second))
        distinct_place_name(
            team=block.team,
            section="SEC 101",
            row="A.",
            other_section="101",
            other_row="A",
            act=act_of(UserFactory(), reason="x"),
        )
        assert find("seats_active_once") == Found()

    def test_are_found_in_general_admission(self) -> None:
        block = SeasonTicketFactory(numbering="general_admission", section="GA", row="GA")
        first = on_sale("1", block=block)
        second = on_sale("2", block=block, event=first.event)
        with unguarded("ticket_seat_active_once"):
            second.tickets.update(seat="1")
        other = SeasonTicketFactory(
            numbering="general_admission", section="GA", row="GA", team=block.team, season=block.season
        )
        on_sale("1", block=other, event=first.event)  # the first place of another block is another place
        assert find("seats_active_once") == Found(2, ids(first, second))

    @pytest.mark.parametrize("changes", [{"status": "withdrawn"}, {"row": "B"}, {"general_admission_block": uuid7()}])
    def test_are_different_seats_or_free_again(self, changes: dict[str, str]) -> None:
        """The twin: a withdrawn ticket, another row, another block of places."""
        self.double(**changes)
        assert find("seats_active_once") == Found()


class TestHomeGames:
    @pytest.mark.parametrize("fact", ["home_team", "season", "none", "block"])
    def test_are_found_at_other_games(self, fact: str) -> None:
        """Whichever of the two was changed, past every trigger."""
        listing, sound = on_sale("1"), on_sale("1")
        with unguarded():
            if fact == "block":
                Listing.objects.filter(id=listing.id).update(season_ticket=SeasonTicketFactory())
            else:
                other = {"home_team": None} if fact == "none" else {fact: getattr(sound.event, fact)}
                Event.objects.filter(id=listing.event_id).update(**other)
        assert find("listings_for_home_games") == Found(1, ids(listing))


class TestSales:
    def test_are_found_when_shares_do_not_sum(self) -> None:
        """A cent is enough, whichever share it is in; void sales count."""
        first, second = sold(on_sale("1", "2"))
        void([second])
        with unguarded("orders_sale.sale_shares_sum_to_price"):
            Sale.objects.filter(id=first.id).update(commission_cents=F("commission_cents") + 1)
            Sale.objects.filter(id=second.id).update(payout_cents=F("payout_cents") - 1)
        assert find("sale_shares_sum_to_price") == Found(2, ids(first, second))

    @pytest.mark.parametrize("share", ["commission_cents", "payout_cents"])
    def test_are_found_when_a_share_is_negative(self, share: str) -> None:
        """They sum to the price all the same."""
        [sale] = sold(on_sale("1"))
        other = ({"commission_cents", "payout_cents"} - {share}).pop()
        with unguarded(f"orders_sale.orders_sale_{share}_check"):
            Sale.objects.update(**{share: -1, other: F("price_cents") + 1})
        assert find("sale_shares_sum_to_price") == Found(1, ids(sale))

    def test_are_found_without_a_sold_ticket(self) -> None:
        [sale] = sold(on_sale("1"))
        Ticket.objects.update(status=TicketStatus.AVAILABLE)
        assert find("sold_seats_have_one_sale") == Found(1, ids(sale.listing))

    def test_are_missed_by_a_sold_ticket(self) -> None:
        [ticket] = on_sale("1").tickets.all()
        Ticket.objects.update(status=TicketStatus.SOLD)
        assert find("sold_seats_have_one_sale") == Found(1, ids(ticket.listing))

    def test_are_missed_when_the_only_one_is_void(self) -> None:
        [sale] = sold(on_sale("1"))
        with unguarded():
            Sale.objects.update(voided_at=timezone.now(), void_reason="By hand")
        assert find("sold_seats_have_one_sale") == Found(1, ids(sale.listing))

    def test_are_found_twice_for_one_ticket(self) -> None:
        [sale] = sold(on_sale("1"))
        with unguarded("sale_ticket_sold_once"):
            sale.pk = uuid7()
            sale.save(force_insert=True)
        assert find("sold_seats_have_one_sale") == Found(1, ids(sale.listing))

    @pytest.mark.parametrize("is_void", [False, True])
    @pytest.mark.parametrize("what", ["event", "holder"])
    def test_are_found_with_their_ticket(self, what: str, is_void: bool) -> None:
        """Of another event, or paid out to another holder; what a void sale took back counts too."""
        [sale] = sold(on_sale("1"))
        [other] = sold(on_sale("1"))
        if is_void:
            void([sale])
        with unguarded():
            Sale.objects.filter(id=sale.id).update(**{what: getattr(other, what)})
        assert find("sold_seats_have_one_sale") == Found(1, ids(sale.listing))

    def test_are_found_in_another_listing_than_their_ticket(self) -> None:
        """Both listings are named: the one of the sale, and the one of the seat."""
        block = SeasonTicketFactory()
        first, second = on_sale("1", block=block), on_sale("2", block=block)
        [sale] = sold(first)
        with unguarded():
            Sale.objects.filter(id=sale.id).update(listing=second)
        assert find("sold_seats_have_one_sale") == Found(2, ids(first, second))

    def test_are_found_when_the_seat_is_moved_to_another_event(self) -> None:
        """Sale and ticket agree; the listing has another event."""
        [sale] = sold(on_sale("1"))
        event = on_sale("2").event
        with unguarded():
            Sale.objects.update(event=event)
            Ticket.objects.filter(id=sale.ticket_id).update(event=event)
        assert find("sold_seats_have_one_sale") == Found(1, ids(sale.listing))

    def test_are_compared_by_joins_that_do_not_grow_with_the_square(self) -> None:
        """A million seats: the planner must be able to hash or sort each join."""
        [invariant] = [one for one in INVARIANTS if one.name == "sold_seats_have_one_sale"]
        assert isinstance(invariant, SqlInvariant)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(f"EXPLAIN {invariant.statement}", invariant.parameters(timezone.now()))
            plan = " ".join(row[0] for row in cursor.fetchall())
        assert "Nested Loop" not in plan, plan


class TestListings:
    @pytest.mark.parametrize("status", [ListingStatus.LISTED, ListingStatus.DELISTING_REQUESTED])
    def test_are_found_on_sale_without_a_seat(self, status: ListingStatus) -> None:
        listing = on_sale("1")
        Listing.objects.update(status=status)
        Ticket.objects.update(status=TicketStatus.WITHDRAWN)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    def test_may_have_a_held_seat_only(self) -> None:
        held_row(on_sale("1"), "1")
        assert find("listings_fit_their_seats") == Found()

    @pytest.mark.parametrize("status", [ListingStatus.PENDING, ListingStatus.DELISTED, ListingStatus.DECLINED])
    def test_are_found_off_sale_with_a_held_seat(self, status: ListingStatus) -> None:
        """Nobody can sell it, and nothing lets go of it."""
        listing = on_sale("1", "2")
        Listing.objects.update(status=status)
        held_row(listing, "1")
        Ticket.objects.filter(seat="2").update(status=TicketStatus.WITHDRAWN)
        if status == ListingStatus.PENDING:
            Ticket.objects.filter(seat="2").update(status=TicketStatus.AVAILABLE)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    def test_are_found_being_delisted_with_nothing_to_wait_for(self) -> None:
        listing = on_sale("1")
        Listing.objects.update(status=ListingStatus.DELISTING)
        Ticket.objects.update(status=TicketStatus.WITHDRAWN)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    def test_may_keep_a_held_seat_until_its_hold_is_over(self) -> None:
        """The event begins while a buyer is about to pay; the timer that ends holds has stopped."""
        listing = on_sale("1", "2")
        row = held_row(listing, "1")
        begin(listing.event, at=row.held_at)
        listings_expire(now=row.held_at)
        over = row.expires_at + timedelta(minutes=15)
        assert find("listings_fit_their_seats", over) == Found()
        assert find("held_seats_have_live_holds", over - timedelta(seconds=1)) == Found()
        assert find("held_seats_have_live_holds", over) == Found(1, ids(listing))

    @pytest.mark.parametrize(
        "damage",
        [
            {"hold": {"released_at": timezone.now(), "outcome": "expired"}},  # the seat stays held for nobody
            {"ticket": {"status": TicketStatus.AVAILABLE, "hold": None}},  # the hold has lost its seat
            {"ticket": {"seat": "9"}},
        ],
    )
    def test_are_found_where_hold_and_seats_disagree(self, damage: dict[str, dict[str, Any]]) -> None:
        listing = on_sale("1", "2")
        held_row(listing, "1")
        Hold.objects.update(**damage.get("hold", {"updated_at": timezone.now()}))
        Ticket.objects.filter(seat="1").update(**damage.get("ticket", {"updated_at": timezone.now()}))
        assert find("held_seats_have_live_holds") == Found(1, ids(listing))

    def test_are_found_pending_with_nothing_to_approve(self) -> None:
        listing = pending("1")
        Ticket.objects.update(status=TicketStatus.WITHDRAWN)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    def test_are_found_sold_without_a_sold_seat(self) -> None:
        """Its sales are void, and nothing has taken it back."""
        listing = on_sale("1")
        Listing.objects.update(status=ListingStatus.SOLD)
        Ticket.objects.update(status=TicketStatus.WITHDRAWN)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    @pytest.mark.parametrize("seat", [TicketStatus.AVAILABLE, TicketStatus.HELD])
    def test_are_found_sold_with_a_free_seat(self, seat: TicketStatus) -> None:
        listing = on_sale("1", "2")
        sold(listing)
        Ticket.objects.filter(seat="2").update(status=TicketStatus.AVAILABLE)
        if seat == TicketStatus.HELD:
            held_row(listing, "2")
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    @pytest.mark.parametrize("status", [ListingStatus.DELISTED, ListingStatus.DECLINED, ListingStatus.EXPIRED])
    def test_are_found_over_with_a_seat_on_sale(self, status: ListingStatus) -> None:
        listing = on_sale("1")
        Listing.objects.update(status=status)
        assert find("listings_fit_their_seats") == Found(1, ids(listing))

    @pytest.mark.parametrize("approved", [True, False])
    def test_are_found_an_hour_after_the_start(self, approved: bool) -> None:
        """S3-56: beat has stopped."""
        listing, now = (on_sale if approved else pending)("1"), timezone.now()
        begin(listing.event, at=now - timedelta(hours=1))
        assert find("past_events_off_sale", now) == Found(1, ids(listing))
        assert find("past_events_off_sale", now - timedelta(seconds=1)) == Found()

    def test_may_wait_for_a_postponed_event(self) -> None:
        listing, now = on_sale("1"), timezone.now()
        begin(listing.event, at=now - timedelta(days=1))
        Event.objects.update(status=EventStatus.POSTPONED)
        assert find("past_events_off_sale", now) == Found()


class TestAgreements:
    def overlapping(self, **scope: Any) -> list[CommissionAgreement]:
        first = CommissionAgreementFactory(**scope)
        with unguarded("holders_commissionagreement.commissionagreement_never_overlaps"):
            return [first, CommissionAgreementFactory(**scope, valid_from=date(2026, 6, 1))]

    def test_are_found_on_the_same_day(self) -> None:
        rows = self.overlapping(holder=TicketHolderFactory())
        assert find("agreements_never_overlap") == Found(2, ids(*rows))

    def test_are_found_for_a_team(self) -> None:
        rows = self.overlapping(holder=None, team=make_team())
        assert find("agreements_never_overlap") == Found(2, ids(*rows))

    def test_are_found_without_end_and_for_one_day(self) -> None:
        first, second = self.overlapping(holder=TicketHolderFactory(), team=make_team())
        with unguarded():
            CommissionAgreement.objects.filter(id=first.id).update(valid_until=date(2026, 6, 2))
        assert find("agreements_never_overlap") == Found(2, ids(first, second))
        with unguarded():
            CommissionAgreement.objects.filter(id=first.id).update(valid_until=date(2026, 6, 1))
        assert find("agreements_never_overlap") == Found()

    def test_may_be_over_before_they_begin(self) -> None:
        """It never applies; as a range it would be an error of the whole check."""
        first, _ = self.overlapping(holder=TicketHolderFactory())
        with unguarded("holders_commissionagreement.commissionagreement_dates_in_order"):
            CommissionAgreement.objects.filter(id=first.id).update(valid_until=first.valid_from - timedelta(days=1))
        assert find("agreements_never_overlap") == Found()

    def test_are_compared_by_a_join_that_does_not_grow_with_the_square(self) -> None:
        """Each with each took minutes for 10,000 agreements; the planner must be able to hash or sort the scopes."""
        [invariant] = [one for one in INVARIANTS if one.name == "agreements_never_overlap"]
        assert isinstance(invariant, SqlInvariant)
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_nestloop = off")
            cursor.execute(f"EXPLAIN {invariant.statement}", invariant.parameters(timezone.now()))
            plan = " ".join(row[0] for row in cursor.fetchall())
        assert "Hash Join" in plan or "Merge Join" in plan, plan

    def test_may_follow_each_other_or_differ_in_scope(self) -> None:
        holder, team = TicketHolderFactory(), make_team()
        CommissionAgreementFactory(holder=holder, valid_until=date(2026, 6, 1))
        CommissionAgreementFactory(holder=holder, valid_from=date(2026, 6, 1))
        CommissionAgreementFactory(holder=holder, team=team)
        CommissionAgreementFactory(holder=None, team=team)
        CommissionAgreementFactory()
        assert find("agreements_never_overlap") == Found()


class TestOutbox:
    def test_is_found_late(self) -> None:
        """A message of a handled topic is due for 15 minutes and open."""
        now = timezone.now()
        late = OutboxMessageFactory(topic="mail", available_at=now - timedelta(minutes=15))
        claimed = OutboxMessageFactory(
            topic="slack", available_at=now - timedelta(minutes=16), claimed_at=now - timedelta(minutes=15)
        )
        assert find("outbox_delivered", now) == Found(2, ids(late, claimed))
        assert find("outbox_delivered", now - timedelta(seconds=1)).count == 1

    def test_may_wait_deliver_or_have_no_handler(self) -> None:
        now = timezone.now()
        old = now - timedelta(hours=3)
        OutboxMessageFactory(topic="mail", available_at=now + timedelta(hours=1), created_at=old)
        OutboxMessageFactory(topic="mail", available_at=old, delivered_at=now)
        OutboxMessageFactory(topic="mail", available_at=old, dead_at=now)
        OutboxMessageFactory(topic="nobody.handles", available_at=old)
        assert find("outbox_delivered", now) == Found()

    def test_may_gather_for_its_countdown(self, settings: Settings) -> None:
        settings.OUTBOX_GATHERING_SECONDS, now = 3_600, timezone.now()
        message = OutboxMessageFactory(topic="listing.created:triage", available_at=now - timedelta(minutes=74))
        assert find("outbox_delivered", now) == Found()
        assert find("outbox_delivered", now + timedelta(minutes=1)) == Found(1, ids(message))

    def test_is_found_given_up_for_a_day(self) -> None:
        now = timezone.now()
        message = OutboxMessageFactory(dead_at=now - timedelta(days=1))
        OutboxMessageFactory(dead_at=now - timedelta(hours=23))
        assert find("outbox_dead_looked_after", now) == Found(1, ids(message))
        OutboxMessage.objects.update(looked_after_at=now)
        assert find("outbox_dead_looked_after", now) == Found()


class TestSlackRequests:
    def request(self, **fields: Any) -> Any:
        # Triage is in the same row as this app.
        requests = apps.get_model("triage", "SlackRequest").objects
        return requests.create(signature=str(uuid7()), kind="button", slack_user="U1", payload={}, **fields)

    def test_are_found_unhandled(self) -> None:
        now = timezone.now()
        waiting = self.request(received_at=now - timedelta(minutes=10))
        self.request(received_at=now - timedelta(minutes=11), handled_at=now)
        self.request(received_at=now - timedelta(minutes=9))
        assert find("slack_requests_handled", now) == Found(1, ids(waiting))


class TestBeat:
    def test_is_found_silent(self) -> None:
        """S3-56."""
        now = timezone.now()
        assert find("beat_runs", now) == Found(1, ("beat",))
        Heartbeat.objects.create(id="beat", at=now - timedelta(minutes=5))
        assert find("beat_runs", now) == Found()
        assert find("beat_runs", now + timedelta(seconds=1)) == Found(1, ("beat",))


class TestMigrations:
    def test_are_found_missing(self) -> None:
        assert find("migrations_applied") == Found()
        MigrationRecorder.Migration.objects.filter(app="monitoring").delete()
        found = find("migrations_applied")
        assert found.ids[0] == "monitoring.0001_initial"
        assert found.count == len(found.ids) >= 1


class TestDamage:
    def test_does_not_outlive_the_block(self) -> None:
        """The guards of the other tests are real: outside of the block the trigger refuses."""
        from django.db.utils import InternalError

        sold(on_sale("1"))
        with pytest.raises(InternalError, match="Cannot update"):
            write("UPDATE orders_sale SET price_cents = price_cents + 1, payout_cents = payout_cents + 1")
