"""Commission agreements: that none overlap, and what staff do about them in the admin."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.db import InternalError, transaction
from django.test import Client
from django.utils import timezone

from apps.common.testing.acts import act_of
from apps.common.testing.clients import browser_of
from apps.common.testing.guards import without_guards
from apps.common.testing.html_forms import load, save
from apps.common.testing.threads import at_once
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
from apps.users.testing.stories import staff_group_member

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

    def test_allows_agreements_of_different_scopes_at_once(self):
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


@pytest.fixture
def no_constraint() -> Iterator[None]:
    with without_guards(TABLE, CONSTRAINT):
        yield


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_one_agreement_is_made_and_the_other_refused(self):
        scope, actor = CommissionScope(TicketHolderFactory().id, None), UserFactory(staff=True)
        results = at_once(*[lambda: agree(scope, FEB, actor=actor)] * 2)
        assert Counter(map(type, results)) == {CommissionAgreement: 1, CommissionAgreementOverlaps: 1}
        assert CommissionAgreement.objects.count() == 1

    def test_both_would_be_made_without_the_constraint(self, no_constraint):
        """Twin: nothing but the exclusion constraint stands between the two."""
        scope, actor = CommissionScope(TicketHolderFactory().id, None), UserFactory(staff=True)
        results = at_once(*[lambda: agree(scope, FEB, actor=actor)] * 2)
        assert Counter(map(type, results)) == {CommissionAgreement: 2}


LIST = "/admin/holders/commissionagreement/"
TODAY = timezone.now().date()


def form(**changes: object) -> dict[str, object]:
    return {"rate": "0.15", "valid_from": "2026-01-01", "valid_until": "", "note": "Volume", **changes}


@pytest.fixture
def staff() -> Client:
    """A client of somebody in the staff group, with no other permission."""
    return browser_of(staff_group_member())


@pytest.mark.django_db
class TestAdd:
    def test_makes_an_agreement_in_the_name_of_who_fills_it_in(self, staff):
        """S3-22."""
        holder, team = TicketHolderFactory(), make_team()
        answer = staff.post(f"{LIST}add/", form(holder=holder.id, team=team.id, rate="0.1250"))
        assert answer.status_code == 302, answer.context["errors"]
        made = CommissionAgreement.objects.get()
        assert (made.holder, made.team, made.rate_bps, made.valid_from) == (holder, team, 1_250, date(2026, 1, 1))
        assert str(made.made_by_id) == staff.session["_auth_user_id"]
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.action_flag, entry.user_id) == (str(made.id), ADDITION, made.made_by_id)
        assert staff.get(f"{LIST}{made.id}/change/").status_code == 200

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"holder": ""}, "Choose a holder, a team, or both."),
            ({"rate": "1"}, "Write a share of one"),
            ({"rate": "15"}, "Write 0.15."),
            ({"rate": "-0.1"}, "greater than or equal to 0"),
            ({"rate": "0.00001"}, "at most 4 decimals"),
            ({"valid_until": "2025-12-31"}, "does not end before it begins"),
            ({"valid_from": ""}, "This field is required."),
            ({"note": ""}, "This field is required."),
        ],
    )
    def test_says_what_is_wrong(self, staff, changes, sentence):
        answer = staff.post(f"{LIST}add/", form(**({"holder": TicketHolderFactory().id} | changes)))
        assert sentence in answer.content.decode()
        assert not CommissionAgreement.objects.exists()

    def test_names_the_agreement_in_the_way(self, staff):
        holder = CommissionAgreementFactory(valid_until=date(2026, 6, 30)).holder
        answer = staff.post(f"{LIST}add/", form(holder=holder.id))
        assert "applies from 2026-01-01 until 2026-06-30" in answer.context["errors"][0][0]
        assert CommissionAgreement.objects.count() == 1


@pytest.mark.django_db
class TestChange:
    def test_ends_and_nothing_else(self, staff):
        agreement = CommissionAgreementFactory()
        tomorrow = TODAY + timedelta(days=1)
        data = form(valid_until=tomorrow, rate="0.5", valid_from="2020-01-01", note="x", team=make_team().id)
        assert save(staff, f"{LIST}{agreement.id}/change/", data).status_code == 302
        ended = CommissionAgreement.objects.get()
        assert ended.valid_until == tomorrow
        entry = LogEntry.objects.get()
        assert (entry.object_id, entry.action_flag) == (str(agreement.id), CHANGE)
        assert (ended.rate_bps, ended.valid_from, ended.note, ended.team) == (
            1_500, date(2026, 1, 1), "Twenty seats a season", None,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("until", "sentence"),
        [("", "This field is required."), (TODAY - timedelta(days=1), "An agreement can end today")],
    )
    def test_says_why_it_cannot_end(self, staff, until, sentence):
        agreement = CommissionAgreementFactory()
        url = f"{LIST}{agreement.id}/change/"
        answer = staff.post(url, load(staff, url, valid_until=until), follow=True)
        assert sentence in answer.content.decode()
        assert CommissionAgreement.objects.get().valid_until is None


@pytest.mark.django_db
class TestList:
    def test_needs_as_many_queries_for_any_number(self, staff, django_assert_num_queries):
        CommissionAgreementFactory.create_batch(2)
        with django_assert_num_queries(7):
            assert staff.get(LIST).status_code == 200
        CommissionAgreementFactory.create_batch(5)
        with django_assert_num_queries(7):
            assert staff.get(LIST).status_code == 200
