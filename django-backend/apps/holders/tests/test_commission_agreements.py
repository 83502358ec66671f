"""Agreements in the database: which one applies on a day, and that two of a scope never do."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from importlib import import_module

import pytest
from django.db import InternalError, connection, transaction

from apps.common.testing.acts import act_of
from apps.holders.enums import CommissionRule
from apps.holders.errors import (
    CommissionAgreementOver,
    CommissionAgreementOverlaps,
    CommissionEndInPast,
    CommissionPeriodBackwards,
    CommissionRateOutOfRange,
    CommissionScopeMissing,
)
from apps.holders.models import CommissionAgreement
from apps.holders.rules import CommissionRate, CommissionScope, RateKey
from apps.holders.selectors import commission_rate_for, commission_rates_for
from apps.holders.services import commission_agreement_create, commission_agreement_end
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory, make_team
from apps.users.testing.factories import UserFactory

MIGRATION = import_module("apps.holders.migrations.0002_commission_agreement")
JAN, FEB, MAR, APR = (date(2026, month, 1) for month in (1, 2, 3, 4))
TABLE, CONSTRAINT = "holders_commissionagreement", "commissionagreement_never_overlaps"


def agree(scope: CommissionScope, valid_from: date, valid_until: date | None = None, **changes) -> CommissionAgreement:
    act = act_of(changes.pop("actor", None) or UserFactory(staff=True), reason=changes.pop("note", "Volume"))
    terms = {"rate_bps": 1_500, "act": act}
    return commission_agreement_create(scope=scope, valid_from=valid_from, valid_until=valid_until, **(terms | changes))


@pytest.fixture
def scope(db: None) -> CommissionScope:
    return CommissionScope(TicketHolderFactory().id, None)


@pytest.mark.django_db
class TestCommissionRateFor:
    def test_goes_from_the_narrow_to_the_wide(self, django_assert_num_queries):
        """S3-22: one query, whatever applies."""
        holder, team = TicketHolderFactory(), make_team()
        CommissionAgreementFactory()  # somebody else's
        expected = [
            ("default", None, None),
            ("team", None, team),
            ("holder", holder, None),
            ("holder_team", holder, team),
        ]
        for rate_bps, (rule, of_holder, of_team) in enumerate(expected, start=1):
            if rule != "default":
                CommissionAgreementFactory(holder=of_holder, team=of_team, rate_bps=rate_bps)
            with django_assert_num_queries(1):
                rate = commission_rate_for(holder=holder, team_id=team.id, on=FEB)
            assert (rate.rule, rate.rate_bps) == (rule, 2_000 if rule == "default" else rate_bps)
            assert rate.since == (None if rule == "default" else JAN)

    def test_takes_the_rate_of_the_listing_before_all_others(self, django_assert_num_queries):
        """S3-22: it needs no agreement, so it asks for none; a rate of 0 is one."""
        agreement = CommissionAgreementFactory()
        with django_assert_num_queries(0):
            rate = commission_rate_for(holder=agreement.holder, listing_rate_bps=0, on=FEB)
        assert rate == CommissionRate(0, CommissionRule.LISTING)

    @pytest.mark.parametrize(
        ("on", "rule"),
        [(date(2026, 1, 31), "default"), (FEB, "holder"), (date(2026, 2, 28), "holder"), (MAR, "default")],
    )
    def test_counts_the_first_day_and_not_the_last(self, on, rule):
        agreement = CommissionAgreementFactory(valid_from=FEB, valid_until=MAR)
        assert commission_rate_for(holder=agreement.holder, on=on).rule == rule

    def test_asks_nothing_for_nobody(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            assert commission_rate_for(holder=None, on=FEB).rule == "default"

    def test_answers_for_many_in_one_query(self, django_assert_num_queries):
        agreements = [CommissionAgreementFactory(rate_bps=rate) for rate in (100, 200, 300)]
        keys = {RateKey(agreement.holder_id, None) for agreement in agreements}
        own = RateKey(agreements[0].holder_id, None, 50)
        with django_assert_num_queries(1):
            rates = commission_rates_for(keys={*keys, own}, on=FEB)
        assert sorted(rate.rate_bps for rate in rates.values()) == [50, 100, 200, 300]
        assert rates[own].rule == "listing"


@pytest.mark.django_db
class TestCommissionAgreementCreate:
    @pytest.mark.parametrize(
        ("first", "second"),
        [((FEB, MAR), (MAR, None)), ((FEB, None), (JAN, FEB)), ((FEB, FEB), (JAN, None))],
        ids=["after", "before", "over one that never applies"],
    )
    def test_allows_periods_that_only_touch(self, scope, first, second):
        agree(scope, *first)
        agree(scope, *second)
        assert CommissionAgreement.objects.count() == 2

    @pytest.mark.parametrize(
        ("valid_from", "valid_until"), [(FEB, MAR), (JAN, None), (date(2026, 2, 28), APR), (JAN, date(2026, 2, 2))]
    )
    @pytest.mark.parametrize("sides", ["holder", "team", "both"])
    def test_names_the_dates_of_the_agreement_in_the_way(self, sides, valid_from, valid_until):
        """Null sides are equal to each other: a constraint on the plain columns would let them pass."""
        scope = CommissionScope(
            TicketHolderFactory().id if sides != "team" else None, make_team().id if sides != "holder" else None
        )
        agree(scope, FEB, MAR)
        with pytest.raises(CommissionAgreementOverlaps, match="from 2026-02-01 until 2026-03-01"):
            agree(scope, valid_from, valid_until)
        assert CommissionAgreement.objects.count() == 1

    def test_lets_scopes_stand_beside_each_other(self):
        holder, team = TicketHolderFactory().id, make_team().id
        for sides in ((holder, None), (None, team), (holder, team), (TicketHolderFactory().id, None)):
            agree(CommissionScope(*sides), FEB)
        assert CommissionAgreement.objects.count() == 4

    @pytest.mark.parametrize(
        ("changes", "error", "attr"),
        [
            ({"scope": CommissionScope(None, None)}, CommissionScopeMissing, "holder"),
            ({"rate_bps": 10_000}, CommissionRateOutOfRange, "rate"),
            ({"rate_bps": -1}, CommissionRateOutOfRange, "rate"),
            ({"valid_until": JAN}, CommissionPeriodBackwards, "valid_until"),
        ],
    )
    def test_names_the_field_that_is_wrong(self, scope, changes, error, attr):
        with pytest.raises(error) as raised:
            agree(**({"scope": scope, "valid_from": FEB} | changes))
        assert raised.value.details[0].attr == attr


@pytest.mark.django_db
class TestCommissionAgreementEnd:
    def test_makes_room_for_the_next(self, scope):
        first = agree(scope, JAN)
        commission_agreement_end(agreement_id=first.id, valid_until=MAR, today=FEB)
        agree(scope, MAR)
        assert [a.valid_until for a in CommissionAgreement.objects.order_by("valid_from")] == [MAR, None]

    @pytest.mark.parametrize(
        ("period", "until", "error"),
        [
            ((JAN, None), date(2026, 1, 31), CommissionEndInPast),
            ((APR, None), MAR, CommissionPeriodBackwards),
            ((JAN, FEB), MAR, CommissionAgreementOver),
        ],
    )
    def test_leaves_what_was(self, scope, period, until, error):
        agreement = agree(scope, *period)
        with pytest.raises(error):
            commission_agreement_end(agreement_id=agreement.id, valid_until=until, today=FEB)
        agreement.refresh_from_db()
        assert agreement.valid_until == period[1]

    def test_is_not_moved_into_the_next(self, scope):
        first, _ = agree(scope, JAN, MAR), agree(scope, MAR)
        with pytest.raises(CommissionAgreementOverlaps, match="from 2026-03-01 with no end"):
            commission_agreement_end(agreement_id=first.id, valid_until=APR, today=FEB)

    def test_is_all_that_the_database_lets_change(self, scope):
        rows = CommissionAgreement.objects.filter(id=agree(scope, JAN).id)
        for change in ({"rate_bps": 1}, {"valid_from": FEB}, {"holder": TicketHolderFactory()}, {"note": "x"}):
            with pytest.raises(InternalError, match="Cannot update"), transaction.atomic():
                rows.update(**change)
        with pytest.raises(InternalError, match="Cannot delete"), transaction.atomic():
            rows.delete()
        assert rows.update(valid_until=MAR) == 1


def at_once(job: Callable[[], object]) -> Counter[type]:
    barrier, results = threading.Barrier(2), []

    def run() -> None:
        try:
            connection.ensure_connection()
            barrier.wait(20)
            results.append(type(job()))
        except Exception as error:  # noqa: BLE001 - the test looks at it
            results.append(type(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return Counter(results)


@pytest.fixture
def no_constraint() -> Iterator[None]:
    """Take the guard away and put it back when the test's rows are gone."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {TABLE} DROP CONSTRAINT {CONSTRAINT}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {TABLE}")
        cursor.execute(MIGRATION.NEVER_OVERLAPS)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_one_agreement_is_made_and_the_other_refused(self):
        scope, actor = CommissionScope(TicketHolderFactory().id, None), UserFactory(staff=True)
        results = at_once(lambda: agree(scope, FEB, actor=actor))
        assert results == {CommissionAgreement: 1, CommissionAgreementOverlaps: 1}
        assert CommissionAgreement.objects.count() == 1

    def test_both_would_be_made_without_the_constraint(self, no_constraint):
        """Twin: nothing but the exclusion constraint stands between the two."""
        scope, actor = CommissionScope(TicketHolderFactory().id, None), UserFactory(staff=True)
        assert at_once(lambda: agree(scope, FEB, actor=actor)) == {CommissionAgreement: 2}
