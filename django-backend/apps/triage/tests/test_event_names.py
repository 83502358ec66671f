"""Everything that names games gives those that read alike different labels."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.acts import Act, ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.downloads import downloaded
from apps.common.testing.local_slack import LocalSlack
from apps.listing_files.services.upload import listings_from_csv
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.notifications.models import Notice, OutboxMessage
from apps.orders.services.event_changes import event_postpone
from apps.orders.testing.stories import record
from apps.payouts.models import Statement
from apps.payouts.testing.stories import JANUARY, make
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.triage.testing.stories import LATER, NOW, deliver, move, pending, words_of
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
NAME = "TBD at Toronto Maple Leafs"
LABELS = [
    f"{NAME} (First Round, Home Game 1)",
    f"{NAME} (First Round, Home Game 2)",
    f"{NAME} (Stanley Cup Final, Home Game 1)",
]
PRICES = [15_000, 15_000, 90_000]
SALE_DAY = datetime(2026, 1, 20, tzinfo=UTC)


@pytest.fixture
def games() -> list[Event]:
    """Return three games of the playoffs without a date, as the feed has them."""
    LeagueFactory(code="NHL")
    first, final = "NHL Stanley Cup Playoffs First Round", "NHL Stanley Cup Final"
    names = [f"{first}: {NAME} - Home Game 1", f"{first}: {NAME} - Home Game 2", f"{final}: {NAME} - Home Game 1"]
    rows = [
        skybox_row(id=number, name=f"{name} (Date TBD) (If Necessary)", date="2040-04-15T00:00:00")
        for number, name in enumerate(names, 1)
    ]
    skybox_events_import(file=skybox_export(*rows), league_code="NHL", season_name="2040", create_teams=True)
    return list(Event.objects.order_by("skybox_event_id"))


@pytest.fixture
def of(games: list[Event]) -> SeasonTicket:
    ticket: SeasonTicket = SeasonTicketFactory(season=games[0].season, team=games[0].home_team)
    return ticket


@pytest.fixture
def listings(games: list[Event], of: SeasonTicket) -> list[Listing]:
    return [
        pending("1", "2", block=of, event=game, price_cents=cents) for game, cents in zip(games, PRICES, strict=True)
    ]


def payloads(**of: Any) -> str:
    """Return the texts of the mails in the outbox, newest last."""
    return json.dumps(
        list(OutboxMessage.objects.filter(topic="mail", **of).order_by("id").values_list("payload", flat=True))
    )


class TestSlack:
    def test_shows_each_game_with_its_own_price(self, slack: LocalSlack, listings: list[Listing]) -> None:
        deliver()
        [shown] = slack.messages()
        lines = words_of(shown).split("\n")
        assert "New listings: 6 seats, 3 games" in words_of(shown)
        names = [line.partition("*")[2].partition("*")[0] for line in lines if line.startswith("• *")]
        assert names == LABELS
        places = [number for number, line in enumerate(lines) if "→" in line]
        assert ["150.00" in lines[number] for number in places] == [True, False]
        assert lines[places[1] + 1].startswith(f"• *{LABELS[2]}*")

    def test_names_the_game_of_sales_and_changes(self, slack: LocalSlack, listings: list[Listing]) -> None:
        for listing in listings:
            move(listing, ListingMove.APPROVE)
        record(listings[1], "1", now=LATER, sold_at=NOW)
        event_postpone(event_id=listings[1].event_id, act=act_of(source=ChangeSource.SYSTEM, now=LATER, reason="Snow"))
        deliver(LATER + timedelta(minutes=5))
        [sale, change] = [json.dumps(message) for message in slack.messages()[1:]]
        assert [[label for label in LABELS if label in said] for said in (sale, change)] == [[LABELS[1]]] * 2


class TestHolders:
    def test_read_about_each_game_separately(self, slack: LocalSlack, listings: list[Listing]) -> None:
        """Decisions about all three, a sale of the second, a change of the third."""
        for listing in listings:
            move(listing, ListingMove.APPROVE)
        deliver()
        assert sorted(row.title for row in Notice.objects.all()) == [f"On sale: {label}" for label in LABELS]
        assert all(label in payloads() for label in LABELS)
        record(listings[1], "1", now=LATER, sold_at=NOW)
        deliver(LATER)
        assert [row.title for row in Notice.objects.filter(kind="sales")] == [f"Sold: {LABELS[1]}, payout 120.00 USD"]
        event_postpone(event_id=listings[2].event_id, act=act_of(source=ChangeSource.SYSTEM, now=LATER, reason="Snow"))
        assert Notice.objects.order_by("-id")[0].title == f"Postponed: {LABELS[2]}"
        sold, changed = OutboxMessage.objects.filter(topic="mail").order_by("-id")[:2][::-1]
        assert (sold.payload["context"]["event"], changed.payload["context"]["event"]) == (LABELS[1], LABELS[2])

    def test_get_statements_that_name_the_game(self, games: list[Event], of: SeasonTicket) -> None:
        listing = pending("1", block=of, event=games[1], now=SALE_DAY)
        move(listing, ListingMove.APPROVE, now=SALE_DAY)
        record(listing, "1", now=SALE_DAY, sold_at=SALE_DAY)
        make(JANUARY)
        client = APIClient()
        client.force_authenticate(of.holder.user)
        page = f"/api/v1/statements/{Statement.objects.get().id}/lines/"
        assert client.get(page).json()["results"][0]["event"]["label"] == LABELS[1]
        assert LABELS[1] in b"".join(client.get(page.replace("/lines/", "/csv/")).streaming_content).decode()

    def test_see_labels_in_the_api(self, listings: list[Listing], of: SeasonTicket) -> None:
        move(listings[1], ListingMove.APPROVE)
        record(listings[1], "1", now=LATER, sold_at=NOW)
        client = APIClient()
        client.force_authenticate(of.holder.user)
        for page, wanted in {
            "events/": LABELS,
            "listings/?expand=event": LABELS,
            "tickets/?expand=event": LABELS,
            f"season-tickets/{of.id}/availability/": LABELS,
            "sales/": [LABELS[1]],
        }.items():
            answer = client.get(f"/api/v1/{page}").content.decode()
            assert [label for label in LABELS if f'"label":"{label}"' in answer.replace('": "', '":"')] == wanted, page
        rows = list(client.get("/api/v1/listings/csv/", headers={"accept": "text/csv"}))
        assert all(label in b"".join(rows).decode() for label in LABELS)


class TestStaff:
    def test_see_labels_on_pages_and_in_exports(self, listings: list[Listing], admin_client: Client) -> None:
        move(listings[1], ListingMove.APPROVE)
        record(listings[1], "1", now=LATER, sold_at=NOW)
        for page, wanted in {"catalog_event": LABELS, "listings_listing": LABELS, "orders_sale": [LABELS[1]]}.items():
            shown = admin_client.get(reverse(f"admin:{page}_changelist")).content.decode()
            assert [label for label in LABELS if label in shown] == wanted, page
            form = {"format": "0", "resource": "0"}
            file = downloaded(admin_client.post(reverse(f"admin:{page}_export"), form))
            assert [label for label in LABELS if label in file] == wanted, page


class TestCsv:
    def test_says_which_games_of_a_day_there_are(self, games: list[Event], of: SeasonTicket) -> None:
        Event.objects.update(date_tbd=False, starts_at=datetime(2040, 4, 15, 17, tzinfo=UTC))
        text = f"season_ticket,date,seats,price\n{of.id},2040-04-15,1,100\n"
        outcome = listings_from_csv(
            holder=of.holder,
            content=text.encode(),
            dry_run=True,
            act=Act(UserFactory().id, ChangeSource.CSV, timezone.now()),
        )
        [problem] = outcome.rows[0].problems
        assert problem.code == "ambiguous"
        assert all(f"{label} is {game.id}" in problem.detail for label, game in zip(LABELS, games, strict=True))
