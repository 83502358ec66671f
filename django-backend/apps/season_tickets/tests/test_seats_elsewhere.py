"""Seats at home games that are not at the home venue, as staff enter them."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Event
from apps.catalog.testing.factories import VenueFactory
from apps.common.database import violated_constraint
from apps.common.testing.acts import act_of
from apps.notifications.models import OutboxMessage
from apps.season_tickets.admin.season_tickets import SeasonTicketResource
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.errors import (
    EventAtHome,
    SeasonTicketNotVerified,
    SeasonTicketSeatClaimed,
    SeatsElsewhereEntered,
    SeatsOutOfOrder,
)
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.season_tickets import seats_elsewhere_enter
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def home(season_ticket: SeasonTicket) -> Event:
    """A game at the home venue."""
    return home_game(season_ticket, starts_at=timezone.now() + timedelta(days=20))


@pytest.fixture
def away(season_ticket: SeasonTicket) -> Event:
    """A home game in São Paulo, before the other."""
    arena = VenueFactory(name="Arena Corinthians", city="São Paulo", timezone="America/Sao_Paulo")
    return home_game(season_ticket, starts_at=timezone.now() + timedelta(days=10), venue=arena)


def enter(block: SeasonTicket, event: Event, **changes: Any) -> SeasonTicket:
    """Enter section 12, row 3, seats 7 to 8."""
    seats = {"section": "12", "row": "3", "first_seat": 7, "last_seat": 8, "numbering": SeatNumbering.CONSECUTIVE}
    act = act_of(UserFactory(staff=True))
    return seats_elsewhere_enter(season_ticket_id=block.id, event_id=event.id, act=act, **{**seats, **changes})


class TestEntering:
    def test_is_a_verified_block_that_the_holder_hears_of(self, season_ticket: SeasonTicket, away: Event) -> None:
        block = enter(season_ticket, away, numbering="listed", first_seat=1, last_seat=2, listed_seats=["B", "A"])
        assert (block.elsewhere_of, block.event, block.venue) == (season_ticket, away, away.venue)
        assert SeasonTicket.objects.get(id=block.id).status == SeasonTicketStatus.VERIFIED
        assert OutboxMessage.objects.filter(topic__startswith="season_ticket.decided").exists()

    @pytest.mark.parametrize(
        ("section", "row", "first"),
        [("12", "3", 7), ("Sec 12", "Row 03", 8), ("12", "3.", 6), ("Section 12", "003", 8)],
    )
    def test_gives_a_seat_to_one_holder(
        self, season_ticket: SeasonTicket, away: Event, section: str, row: str, first: int
    ) -> None:
        """As printed and as it reads; the same words at home are another seat."""
        home = {"team": season_ticket.team, "season": season_ticket.season, "section": "12", "row": "3"}
        other = SeasonTicketFactory(**home, first_seat=7, last_seat=8)
        enter(season_ticket, away)
        with pytest.raises(SeasonTicketSeatClaimed):
            enter(other, away, section=section, row=row, first_seat=first, last_seat=first + 1)
        assert SeasonTicket.objects.filter(event=away).count() == 1, "nothing half-written"
        enter(other, away, first_seat=9, last_seat=10)

    def test_is_refused(self, season_ticket: SeasonTicket, home: Event, away: Event) -> None:
        with pytest.raises(EventAtHome):
            enter(season_ticket, home)
        with pytest.raises(EventAtHome):
            enter(season_ticket, home_game(SeasonTicketFactory(), venue=VenueFactory()))
        with pytest.raises(SeatsOutOfOrder):
            enter(season_ticket, away, first_seat=9)
        block = enter(season_ticket, away)
        with pytest.raises(SeatsElsewhereEntered):
            enter(season_ticket, away, row="4")
        with pytest.raises(EventAtHome):
            enter(block, away)
        SeasonTicket.objects.filter(id=season_ticket.id).update(status="ended")
        with pytest.raises(SeasonTicketNotVerified):
            enter(season_ticket, away, row="4")

    def test_holds_in_the_database(self, season_ticket: SeasonTicket, away: Event) -> None:
        """Such a block has all of it: whose it is, which game, and where."""
        with pytest.raises(IntegrityError) as error, transaction.atomic():
            SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, row="9", event=away)
        assert violated_constraint(error.value) == "seasonticket_elsewhere_is_whole"


class TestPage:
    @pytest.fixture
    def url(self, season_ticket: SeasonTicket) -> str:
        return reverse("admin:season_tickets_seasonticket_enter_seats_elsewhere", args=[season_ticket.id])

    def test_enters_seats(
        self, client: Client, season_ticket: SeasonTicket, home: Event, away: Event, url: str
    ) -> None:
        client.force_login(staff_member("change_seasonticket", "view_seasonticket"))
        page = client.get(url).content.decode()
        assert "Arena Corinthians" in page
        assert str(home.id) not in page

        def sent(**changes: str) -> Any:
            seats = {"numbering": "consecutive", "section": "12", "row": "3", "first_seat": "7", "last_seat": "8"}
            return client.post(url, {"event": str(away.id), **seats, **changes})

        listed = {"numbering": "listed", "first_seat": "", "last_seat": ""}
        for changes, sentence in (
            ({"row": "Ж"}, "Latin letters"),
            ({"first_seat": "9"}, "must not be before the first"),
            ({"event": str(home.id)}, "Select a valid choice"),
            (listed, "This field is required."),
            ({**listed, "seats": "A, B; C"}, "no comma, semicolon"),
        ):
            assert sentence in sent(**changes).content.decode(), sentence
        assert SeasonTicket.objects.count() == 1, "nothing half-written"
        assert sent(**listed, seats="A, B").status_code == 302
        block = SeasonTicket.objects.get(elsewhere_of=season_ticket)
        assert (block.seats, block.event, block.status) == (["A", "B"], away, "verified")
        assert "End those first" in sent(section="13").content.decode()
        assert away.label in client.get(reverse("admin:season_tickets_seasonticket_changelist")).content.decode()
        exported = SeasonTicketResource().export(SeasonTicket.objects.order_by("id")).dict
        assert [row["event"] for row in exported] == ["", away.label]

    @pytest.mark.parametrize("permission", ["view_seasonticket", "add_seasonticket", "change_listing"])
    def test_is_for_who_decides(self, client: Client, url: str, permission: str, away: Event) -> None:
        client.force_login(staff_member(permission))
        assert client.post(url, {"event": str(away.id)}).status_code == 403
