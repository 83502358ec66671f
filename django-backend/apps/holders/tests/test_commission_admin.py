"""What staff can do about commission agreements in the admin."""

from datetime import date, timedelta

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.test import Client
from django.utils import timezone

from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import load, save
from apps.holders.models import CommissionAgreement
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory, make_team
from apps.users.testing.stories import staff_group_member

pytestmark = pytest.mark.django_db
LIST = "/admin/holders/commissionagreement/"
TODAY = timezone.now().date()


def form(**changes: object) -> dict[str, object]:
    return {"rate": "0.15", "valid_from": "2026-01-01", "valid_until": "", "note": "Volume", **changes}


@pytest.fixture
def staff() -> Client:
    """A client of somebody in the staff group, with no other permission."""
    return browser_of(staff_group_member())


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


class TestList:
    def test_needs_as_many_queries_for_any_number(self, staff, django_assert_num_queries):
        CommissionAgreementFactory.create_batch(2)
        with django_assert_num_queries(7):
            assert staff.get(LIST).status_code == 200
        CommissionAgreementFactory.create_batch(5)
        with django_assert_num_queries(7):
            assert staff.get(LIST).status_code == 200
