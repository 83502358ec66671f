"""`/api/v1/payout-preview/`: the split of a price, step by step."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory
from apps.common.testing.clients import api_of
from apps.holders.models import TicketHolder
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory
from apps.listings.rules.home_games import payable
from apps.listings.selectors.payouts import payout_preview
from apps.users.models import User
from apps.users.testing.factories import UserFactory

URL = "/api/v1/payout-preview/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(db: None) -> TicketHolder:
    return TicketHolderFactory()


@pytest.fixture
def client(holder: TicketHolder) -> APIClient:
    return api_of(User.objects.get(pk=holder.user_id))


@pytest.fixture
def game(db: None) -> Event:
    """A game in the evening of 9 September in Philadelphia, when it is the 10th in UTC."""
    return EventFactory(starts_at=datetime(2040, 9, 10, 0, 20, tzinfo=UTC))


class TestAnswer:
    def test_explains_each_step(self, client: APIClient, holder: TicketHolder, game: Event) -> None:
        """S3-22, S3-23."""
        CommissionAgreementFactory(holder=holder, team=game.home_team, rate_bps=1_250)
        assert client.get(URL, {"price": "10.10", "event": game.id}).json() == {
            "price": "10.10",
            "rate": "0.1250",
            "rule": "holder_team",
            "commission": "1.26",
            "payout": "8.84",
            "currency": "USD",
            "rate_since": "2026-01-01",
            "steps": [
                {
                    "step": "base",
                    "value": "10.10",
                    "explanation": "The price of one seat in USD; nothing is deducted first.",
                },
                {
                    "step": "rate",
                    "value": "0.1250",
                    "explanation": "Rule holder_team: agreed with the holder for seats of this team, since 2026-01-01.",
                },
                {
                    "step": "rounding",
                    "value": "1.262500",
                    "explanation": "10.10 × 0.1250, exactly; rounded once, half-up, to the cent.",
                },
                {"step": "commission", "value": "1.26", "explanation": "What the house keeps."},
                {"step": "payout", "value": "8.84", "explanation": "What the holder gets: 10.10 - 1.26."},
                {
                    "step": "payable_date",
                    "value": "2040-09-16",
                    "explanation": "7 days after the event of 2040-09-09.",
                },
            ],
        }

    def test_without_an_event_is_the_holders_own_rate_and_no_date(
        self, client: APIClient, holder: TicketHolder, game: Event
    ) -> None:
        CommissionAgreementFactory(holder=holder, team=game.home_team, rate_bps=1_250)
        answer = client.get(URL, {"price": "100.00"}).json()
        assert (answer["rule"], answer["commission"], answer["payout"]) == ("default", "20.00", "80.00")
        assert answer["steps"][-1] == {
            "step": "payable_date",
            "value": None,
            "explanation": "Depends on the event: name one to see the date.",
        }

    def test_counts_a_team_without_an_event(self, client: APIClient, holder: TicketHolder, game: Event) -> None:
        CommissionAgreementFactory(holder=holder, team=game.home_team, rate_bps=1_250)
        answer = client.get(URL, {"price": "100.00", "team": game.home_team_id}).json()
        assert (answer["rule"], answer["payout"]) == ("holder_team", "87.50")
        with_game = client.get(URL, {"price": "100.00", "team": game.home_team_id, "event": game.id}).json()
        assert with_game["steps"][:-1] == answer["steps"][:-1]
        assert with_game["steps"][-1]["value"] == "2040-09-16"

    def test_is_what_a_sale_would_keep(self, client: APIClient, holder: TicketHolder, game: Event) -> None:
        CommissionAgreementFactory(holder=holder, rate_bps=1_250)
        kept = payout_preview(holder=holder, price_cents=10_000, team_id=None, event=game, on=timezone.now().date())
        assert client.get(URL, {"price": "100.00", "event": game.id}).json() == kept.as_json()

    def test_gives_staff_the_rate_of_a_new_holder(self, game: Event) -> None:
        CommissionAgreementFactory(holder=None, team=game.home_team, rate_bps=1_000)
        client = api_of(UserFactory(staff=True))
        assert client.get(URL, {"price": "100.00", "event": game.id}).data["rule"] == "team"
        assert client.get(URL, {"price": "100.00"}).data["rule"] == "default"

    @pytest.mark.parametrize(
        ("changes", "reason"),
        [
            ({"status": EventStatus.POSTPONED}, "held until rescheduled"),
            ({"status": EventStatus.CANCELLED}, "cancelled"),
            ({"date_tbd": True, "time_tbd": True}, "to be decided"),
        ],
    )
    def test_has_no_date_while_the_event_has_none(
        self, client: APIClient, changes: dict[str, Any], reason: str
    ) -> None:
        step = client.get(URL, {"price": "1.00", "event": EventFactory(**changes).id}).data["steps"][-1]
        assert step["value"] is None
        assert reason in step["explanation"]

    @pytest.mark.parametrize(
        ("price", "rate_bps", "commission", "payout"),
        [
            ("0.01", 2_000, "0.00", "0.01"),
            ("0.03", 2_000, "0.01", "0.02"),
            ("1000000.00", 2_000, "200000.00", "800000.00"),
            ("1000000", 9_999, "999900.00", "100.00"),
            ("1.15", 3_000, "0.35", "0.80"),
            ("99.99", 0, "0.00", "99.99"),
        ],
    )
    def test_is_exact(
        self, client: APIClient, settings: Any, price: str, rate_bps: int, commission: str, payout: str
    ) -> None:
        """S3-23: cents, from the least price to the greatest."""
        settings.DEFAULT_COMMISSION_RATE_BPS = rate_bps
        answer = client.get(URL, {"price": price}).json()
        assert (answer["commission"], answer["payout"]) == (commission, payout)

    @pytest.mark.parametrize(("with_event", "queries"), [(False, 2), (True, 3)])
    def test_needs_few_queries(
        self, client: APIClient, game: Event, django_assert_num_queries: Any, with_event: bool, queries: int
    ) -> None:
        """The holder, the agreements, and the event with its venue."""
        with django_assert_num_queries(queries):
            client.get(URL, {"price": "1.00"} | ({"event": game.id} if with_event else {}))


class TestRefusal:
    @pytest.mark.parametrize(
        "price",
        [
            None,
            "",
            "0",
            "0.00",
            "0.001",
            "-1",
            "1000000.01",
            "1e9",
            "1e999999",
            "NaN",
            "Infinity",
            "ten",
            "1,000",
            "\x00",
        ],
    )
    def test_names_a_bad_price(self, client: APIClient, price: str | None) -> None:
        answer = client.get(URL, {} if price is None else {"price": price})
        assert answer.status_code == 400
        assert {error["attr"] for error in answer.json()["errors"]} == {"price"}

    @pytest.mark.parametrize("event", ["x", "\x00", "00000000-0000-0000-0000-000000000000"])
    def test_names_a_bad_event(self, client: APIClient, event: str) -> None:
        answer = client.get(URL, {"price": "1.00", "event": event})
        assert answer.status_code == 400
        assert {error["attr"] for error in answer.json()["errors"]} == {"event"}

    @pytest.mark.parametrize("team", ["x", "\x00", "00000000-0000-0000-0000-000000000000"])
    def test_names_a_bad_team(self, client: APIClient, team: str) -> None:
        answer = client.get(URL, {"price": "1.00", "team": team})
        assert answer.status_code == 400
        assert {error["attr"] for error in answer.json()["errors"]} == {"team"}

    def test_refuses_a_team_that_is_not_at_home(self, client: APIClient, game: Event) -> None:
        answer = client.get(URL, {"price": "1.00", "team": game.away_team_id, "event": game.id})
        assert answer.status_code == 400
        assert answer.json()["errors"] == [
            {"code": "invalid", "detail": "The event is not a home game of the team.", "attr": "event"}
        ]

    def test_is_closed_to_strangers_and_open_to_every_signed_in_person(self) -> None:
        assert api_of(None).get(URL, {"price": "1.00"}).status_code == 401
        assert api_of(UserFactory()).get(URL, {"price": "1.00"}).status_code == 200


class TestPayable:
    @pytest.mark.parametrize(
        ("days", "due", "reason"),
        [(0, date(2026, 2, 27), "0 days"), (1, date(2026, 2, 28), "1 day "), (7, date(2026, 3, 6), "7 days")],
    )
    def test_counts_days_from_the_event(self, days: int, due: date, reason: str) -> None:
        answer = payable(status="scheduled", event_date=date(2026, 2, 27), days_after_event=days)
        assert answer.on == due
        assert answer.reason.startswith(reason)
