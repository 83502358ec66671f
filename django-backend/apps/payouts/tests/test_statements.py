"""Statements: their months, how they are made, and the command and the task that make them."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import InternalError, connection, transaction
from django.db.models import Sum
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.holders.testing.factories import TicketHolderFactory
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.orders.models import Sale
from apps.payouts import tasks
from apps.payouts.errors import MonthNotOver, MonthUnknown
from apps.payouts.management.commands import make_statements
from apps.payouts.models import Statement, StatementLine
from apps.payouts.rules import Month, month_before, month_named, month_title
from apps.payouts.services import statements
from apps.payouts.services.statements import statements_count, statements_make
from apps.payouts.testing.stories import FEBRUARY, JANUARY, MARCH, at, make, sell, stated, statement_of, unsell
from apps.season_tickets.testing.factories import SeasonTicketFactory

FIRST, LAST = (datetime.fromisoformat(day) for day in ("0002-01-01", "9999-11-30"))
BAD = ["", "2026", "2026-1", "2026-00", "2026-13", "0000-01", "9999-12", "2026-10-01", "２０２６-10", "2026-10\n"]


class TestMonths:
    @given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
    def test_the_last_one_is_over_and_the_next_is_not(self, now: datetime) -> None:
        """Months follow each other without a gap."""
        last = month_before(now)
        assert last.ends_at <= now < Month(last.after).ends_at
        assert month_named(last.name) == last
        assert (last.first.day, last.after.day) == (1, 1)
        assert timedelta(28) <= last.after - last.first <= timedelta(31)

    def test_are_those_of_utc(self) -> None:
        """In New York it is October still."""
        now = datetime.fromisoformat("2026-10-31T20:00:00-04:00")
        assert month_before(now) == Month(date(2026, 10, 1))
        assert month_before(now - timedelta(seconds=1)) == Month(date(2026, 9, 1))

    def test_have_a_title(self) -> None:
        assert month_title(date(2026, 10, 1)) == "October 2026"

    @pytest.mark.parametrize("name", BAD)
    def test_are_named_by_year_and_number(self, name: str) -> None:
        with pytest.raises(MonthUnknown, match="is not a month such as 2026-10"):
            month_named(name)


JANUARY_ENDS = JANUARY.ends_at


def of(month: Month) -> Statement:
    return Statement.objects.get(period_start_date=month.first)


def amounts(statement: Statement) -> tuple[int, ...]:
    return (
        statement.sale_count, statement.void_count,
        statement.gross_cents, statement.commission_cents, statement.payout_cents,
    )  # fmt: skip


@pytest.mark.django_db
class TestMaking:
    def test_has_the_sales_of_a_month_with_their_sums(self, listing: Listing) -> None:
        """What the holder has earned, one row per holder and month."""
        sell(listing, "1", on=at(1, 5))
        sell(listing, "2", on=at(1, 3))
        sell(on_sale(price_cents=5_000), "1", on=at(1, 4))
        assert make(JANUARY) == 2
        mine = Statement.objects.get(holder=listing.holder)
        assert amounts(mine) == (2, 0, 20_000, 4_000, 16_000)
        assert (mine.period_start_date, mine.period_end_date) == (JANUARY.first, FEBRUARY.first)
        assert (mine.currency, mine.made_at) == ("USD", JANUARY_ENDS)
        assert stated(mine) == [("sale", "2", 8_000), ("sale", "1", 8_000)], "in chronological order"
        assert amounts(Statement.objects.exclude(id=mine.id).get()) == (1, 0, 5_000, 1_000, 4_000)

    def test_puts_one_message_for_each(self, listing: Listing) -> None:
        sell(listing, "1", "2", on=at(1, 5))
        make(JANUARY)
        message = OutboxMessage.objects.get(topic="statement.ready")
        assert message.payload == {"statement_id": str(of(JANUARY).id), "holder_id": str(listing.holder_id)}
        assert message.aggregate_key == f"holder:{listing.holder_id}"

    def test_makes_none_without_a_fact(self, listing: Listing) -> None:
        assert make(JANUARY) == 0
        assert not Statement.objects.exists()

    def test_does_it_once(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 5))
        assert [make(JANUARY), make(JANUARY), make(FEBRUARY)] == [1, 0, 0]
        assert OutboxMessage.objects.filter(topic="statement.ready").count() == 1

    def test_waits_for_the_end_of_the_month(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 5))
        early = JANUARY_ENDS.replace(month=1, day=31, hour=23, minute=59)
        for call in (statements_make, statements_count):
            with pytest.raises(MonthNotOver, match="2026-01 is not over"):
                call(month=JANUARY, now=early)
        assert not Statement.objects.exists()

    def test_ends_the_month_at_midnight_utc(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 31, 23))
        sell(listing, "2", on=JANUARY_ENDS)
        make(JANUARY, now=at(3, 1))
        assert stated(of(JANUARY)) == [("sale", "1", 8_000)]
        make(FEBRUARY)
        assert stated(of(FEBRUARY)) == [("sale", "2", 8_000)]

    def test_counts_without_making(self, listing: Listing) -> None:
        sell(listing, "1", "2", on=at(1, 5))
        sell(on_sale(), "1", on=at(1, 5))
        assert statements_count(month=JANUARY, now=JANUARY_ENDS) == 2
        assert not Statement.objects.exists()

    def test_takes_as_many_queries_for_many_holders(self) -> None:
        counts = []
        for month, number in ((JANUARY, 1), (FEBRUARY, 12)):
            for _ in range(number):
                sell(on_sale(), "1", "2", on=at(month.first.month, 5))
            with CaptureQueriesContext(connection) as queries:
                assert make(month) == number
            counts.append(len([query for query in queries if "SAVEPOINT" not in query["sql"]]))
        assert counts == [4, 4], "the lock, who is due, lines with statements, messages"

    def test_goes_on_from_chunk_to_chunk(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(statements, "CHUNK", 2)
        for _ in range(5):
            sell(on_sale(), "1", on=at(1, 5))
        assert make(JANUARY) == 5
        assert StatementLine.objects.values("statement").distinct().count() == 5

    def test_keeps_currencies_apart(self, listing: Listing) -> None:
        """A holder has one statement a month and currency; that of one does not keep the other waiting."""
        sell(listing, "1", on=at(1, 5))
        assert make(JANUARY) == 1
        other = on_sale(block=listing.season_ticket)
        Listing.objects.filter(id=other.id).update(currency="CAD")
        sell(other, "2", on=at(1, 6), recorded_at=at(2, 3))
        assert make(JANUARY, now=at(2, 4)) == 1
        assert {(one.currency, *amounts(one)) for one in Statement.objects.all()} == {
            ("USD", 1, 0, 10_000, 2_000, 8_000), ("CAD", 1, 0, 10_000, 2_000, 8_000),
        }  # fmt: skip


@pytest.mark.django_db
class TestFacts:
    def test_have_a_late_sale_on_the_next_statement(self, listing: Listing) -> None:
        """A sale of January that is recorded in February, after the statement of January."""
        sell(listing, "1", on=at(1, 5))
        make(JANUARY)
        sell(listing, "2", on=at(1, 30), recorded_at=at(2, 3))
        assert make(JANUARY, now=at(2, 4)) == 0
        make(FEBRUARY)
        assert stated(of(FEBRUARY)) == [("sale", "2", 8_000)]

    def test_have_a_late_sale_at_once_without_an_earlier_statement(self, listing: Listing) -> None:
        sell(listing, "2", on=at(1, 30), recorded_at=at(2, 3))
        assert make(JANUARY, now=at(2, 4)) == 1

    def test_have_a_void_of_last_month_below_zero(self, listing: Listing) -> None:
        sale = sell(listing, "1", on=at(1, 5))[0]
        make(JANUARY)
        unsell(sale, on=at(2, 7))
        make(FEBRUARY)
        assert amounts(of(JANUARY)) == (1, 0, 10_000, 2_000, 8_000)
        assert amounts(of(FEBRUARY)) == (0, 1, -10_000, -2_000, -8_000)
        assert of(FEBRUARY).lines.get().happened_at == at(2, 7)

    def test_have_sale_and_void_of_a_sale_that_is_void_already(self, listing: Listing) -> None:
        unsell(*sell(listing, "1", on=at(1, 5)), on=at(1, 6))
        make(JANUARY)
        assert stated(of(JANUARY)) == [("sale", "1", 8_000), ("void", "1", -8_000)]
        assert amounts(of(JANUARY)) == (1, 1, 0, 0, 0)

    def test_have_only_the_sale_when_it_became_void_later(self, listing: Listing) -> None:
        unsell(*sell(listing, "1", on=at(1, 5)), on=JANUARY_ENDS)
        make(JANUARY, now=at(2, 2))
        assert stated(of(JANUARY)) == [("sale", "1", 8_000)]

    def test_have_a_seat_that_was_sold_again(self, listing: Listing) -> None:
        unsell(*sell(listing, "1", on=at(1, 5)), on=at(1, 6))
        sell(listing, "1", on=at(1, 7))
        make(JANUARY)
        assert [kind for kind, _, _ in stated(of(JANUARY))] == ["sale", "void", "sale"]
        assert of(JANUARY).payout_cents == 8_000

    def test_wait_when_there_is_one_of_a_later_month(self, listing: Listing) -> None:
        """Statements of a holder are made in chronological order."""
        sell(listing, "1", on=at(2, 5))
        make(FEBRUARY)
        sell(listing, "2", on=at(1, 30), recorded_at=at(3, 1))
        assert make(JANUARY, now=at(3, 2)) == 0
        make(MARCH)
        assert stated(of(MARCH)) == [("sale", "2", 8_000)]

    def test_are_all_on_the_next_one_when_months_were_missed(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 5))
        sell(listing, "2", on=at(2, 5))
        assert make(FEBRUARY) == 1
        assert stated(of(FEBRUARY)) == [("sale", "1", 8_000), ("sale", "2", 8_000)]


@pytest.mark.django_db
class TestKept:
    @pytest.mark.parametrize("change", ["UPDATE {} SET payout_cents = 1", "DELETE FROM {}"])
    @pytest.mark.parametrize("table", ["payouts_statement", "payouts_statementline"])
    def test_for_good(self, listing: Listing, change: str, table: str) -> None:
        statement_of(sell(listing, "1", on=at(1, 5))[0])
        with pytest.raises(InternalError, match="Cannot"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change.format(table))

    def test_with_amounts_of_the_frozen_sale(self) -> None:
        sale = sell(on_sale(price_cents=12_345), "1", on=at(1, 5))[0]
        line = statement_of(sale).lines.get()
        assert (line.price_cents, line.commission_cents, line.payout_cents) == (12_345, 2_469, 9_876)
        assert line.happened_at == sale.sold_at


SEATS = 6
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(0, 1), st.integers(0, 45)),
        st.tuples(st.just("void"), st.integers(0, 20), st.integers(0, 1)),
        st.tuples(st.just("make"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.just(0)),
    ),
    max_size=16,
)


@pytest.mark.django_db
class TestAlways:
    """Random sales, late or not, voids, months and runs in any order."""

    @settings(max_examples=40, suppress_health_check=list(HealthCheck))
    @given(ACTIONS)
    def test_each_fact_is_stated_once_and_nothing_is_lost(self, actions: list[tuple[str, int, int]]) -> None:
        with transaction.atomic():
            play(actions)
            check_all()
            transaction.set_rollback(True)


def play(actions: list[tuple[str, int, int]]) -> None:
    """Do the actions, one a day; then make statements of the rest."""
    from datetime import timedelta

    now, months = at(2, 1), [Month(at(number, 1).date()) for number in range(1, 13)]
    block = {"last_seat": SEATS}
    listings = [
        on_sale(block=SeasonTicketFactory(**block, holder=TicketHolderFactory()), price_cents=price)
        for price in (10_001, 3_333)
    ]
    for action, one, two in actions:
        now += timedelta(days=1)
        if action == "wait":
            now += timedelta(days=one)
        elif action == "sell":
            free = listings[one].tickets.filter(status="available").order_by("position").first()
            if free is not None:
                sold_at = max(now - timedelta(days=two), at(1, 2))
                sell(listings[one], free.seat, on=sold_at, recorded_at=now)
        elif action == "void":
            sale = Sale.objects.filter(voided_at=None).order_by("id")[one:].first()
            if sale is not None:
                unsell(sale, on=now)
        else:
            over = [month for month in months if month.ends_at <= now]
            make(over[-1 - one % len(over)], now=now)
    last = Month(now.date().replace(day=1))
    make(last)


def check_all() -> None:
    """Each sale on one statement, each void on one, and the sums are those of the sales."""
    facts = sorted((sale_id, "sale") for sale_id in Sale.objects.values_list("id", flat=True))
    facts += [(sale_id, "void") for sale_id in Sale.objects.exclude(voided_at=None).values_list("id", flat=True)]
    assert sorted(StatementLine.objects.values_list("sale_id", "kind")) == sorted(facts)
    for name, gross in (("payout_cents", "payout_cents"), ("price_cents", "gross_cents")):
        owed = dict(Sale.objects.filter(voided_at=None).order_by().values_list("holder").annotate(Sum(name)))
        stated = dict(Statement.objects.order_by().values_list("holder").annotate(Sum(gross)))
        assert {holder: cents for holder, cents in stated.items() if cents} == owed
    sums = {f"{name}__sum": Sum(f"lines__{name}_cents") for name in ("price", "commission", "payout")}
    for one in Statement.objects.annotate(**sums):
        assert one.gross_cents == one.commission_cents + one.payout_cents == one.price__sum
        assert (one.commission_cents, one.payout_cents) == (one.commission__sum, one.payout__sum)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the morning of March 1; two holders have sold in January, one of them in February."""
    first, second = on_sale(), on_sale()
    for listing, seat, month in ((first, "1", 1), (second, "1", 1), (first, "2", 2)):
        sell(listing, seat, on=at(month, 5))

    class Clock:
        @staticmethod
        def now() -> datetime:
            return at(3, 1, 5)

    for module in (tasks, make_statements):
        monkeypatch.setattr(module, "timezone", Clock)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("make_statements", *arguments, stdout=out)
    return out.getvalue()


def made() -> list[Any]:
    rows = Statement.objects.order_by("period_start_date", "sale_count")
    return list(rows.values_list("period_start_date", "sale_count"))


@pytest.mark.usefixtures("clock")
@pytest.mark.django_db
class TestCommand:
    def test_makes_those_of_the_last_month(self) -> None:
        assert run() == "2026-02: 2 statements made.\n"
        assert run() == "2026-02: 0 statements made.\n"
        assert made() == [(FEBRUARY.first, 1), (FEBRUARY.first, 2)]

    def test_makes_those_of_a_given_month(self) -> None:
        assert run("--month", "2026-01") == "2026-01: 2 statements made.\n"
        assert run() == "2026-02: 1 statement made.\n"
        assert made() == [(JANUARY.first, 1), (JANUARY.first, 1), (FEBRUARY.first, 1)]

    def test_only_counts(self) -> None:
        assert run("--dry-run") == "2026-02: 2 statements would be made.\n"
        assert made() == []

    @pytest.mark.parametrize("option", [[], ["--dry-run"]])
    @pytest.mark.parametrize(
        ("name", "sentence"), [("2026-03", "2026-03 is not over"), ("March", "March is not a month such as 2026-10")]
    )
    def test_refuses_other_months(self, name: str, sentence: str, option: list[str]) -> None:
        with pytest.raises(CommandError, match=sentence):
            run("--month", name, *option)
        assert made() == []


@pytest.mark.usefixtures("clock")
@pytest.mark.django_db
class TestTask:
    def test_makes_those_of_the_last_month(self) -> None:
        assert [tasks.make_statements(), tasks.make_statements()] == [2, 0]
        assert made() == [(FEBRUARY.first, 1), (FEBRUARY.first, 2)]
