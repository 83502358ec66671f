"""Notices and mails to holders about decisions on their season tickets, one of each for each message."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.common.ids import uuid7
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.testing.factories import OutboxMessageFactory
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services.decisions import season_ticket_reject
from apps.season_tickets.services.holder_notices import season_ticket_decided_notify
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)


def decided(season_ticket: SeasonTicket, status: str) -> OutboxMessage:
    payload = {
        "season_ticket_id": str(season_ticket.id),
        "holder_id": str(season_ticket.holder_id),
        "team_id": "",
        "status": status,
    }
    return OutboxMessageFactory(topic="season_ticket.decided:holder", payload=payload)


def mails() -> list[dict[str, Any]]:
    """Return the payloads of the mails in the outbox, oldest first."""
    return [message.payload for message in OutboxMessage.objects.filter(topic="mail").order_by("id")]


class TestSeasonTickets:
    @pytest.mark.parametrize(
        ("status", "fields", "title", "reason"),
        [
            ("verified", {}, "Verified", ""),
            ("rejected", {"rejection_reason": "No proof"}, "Not verified", "No proof"),
            ("ended", {"end_reason": "Seats were sold on"}, "Ended", "Seats were sold on"),
        ],
    )
    def test_are_notified_of_the_decision(self, status: str, fields: dict[str, str], title: str, reason: str) -> None:
        """S3-53, S3-49."""
        season_ticket = SeasonTicketFactory(status=status, **fields)
        season_ticket_decided_notify(message=received(decided(season_ticket, status)), now=NOW)
        notice = Notice.objects.get()
        assert (notice.user_id, notice.kind) == (season_ticket.holder.user_id, "season_tickets")
        assert notice.title == f"{title}: {season_ticket.team.name} {season_ticket.season.name}"
        assert notice.object_ids == [str(season_ticket.id)]
        assert notice.text.startswith("Section 101, row A, seats 1 to 4.\n")
        assert notice.text.endswith(f"\nWhy: {reason}") is bool(reason)
        assert mails() == [
            {
                "user_id": str(season_ticket.holder.user_id),
                "template": f"season_ticket_{status}",
                "kind": "season_tickets",
                "context": {
                    "team": season_ticket.team.name,
                    "season": season_ticket.season.name,
                    "place": "section 101, row A, seats 1 to 4",
                    "reason": reason,
                },
            }
        ]

    def test_are_about_what_was_decided_then(self) -> None:
        """A block that has ended by the time of the mail was verified nevertheless."""
        season_ticket = SeasonTicketFactory(status=SeasonTicketStatus.ENDED, end_reason="Over")
        season_ticket_decided_notify(message=received(decided(season_ticket, "verified")), now=NOW)
        (letter,) = mails()
        assert (letter["template"], letter["context"]["reason"]) == ("season_ticket_verified", "")

    def test_called_again_notify_once(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """S3-53: in three queries; the second time without the mail."""
        message = decided(SeasonTicketFactory(), "verified")
        for queries in (3, 2):
            with django_assert_num_queries(queries):
                season_ticket_decided_notify(message=received(message), now=NOW)
        assert (Notice.objects.count(), len(mails())) == (1, 1)

    def test_of_general_admission_have_places(self) -> None:
        block = SeasonTicketFactory(section="GA", row="GA", numbering=SeatNumbering.GENERAL_ADMISSION)
        season_ticket_decided_notify(message=received(decided(block, "verified")), now=NOW)
        assert mails()[0]["context"]["place"] == "section GA, row GA, 4 places of general admission"

    def test_that_do_not_exist_are_given_up(self) -> None:
        message = decided(SeasonTicket(id=uuid7(), holder_id=uuid7()), "verified")
        with pytest.raises(MessageUndeliverable):
            season_ticket_decided_notify(message=received(message), now=NOW)

    def test_are_about_what_the_service_has_put(self) -> None:
        """From the decision to the notice: the names in the message are those that the handler reads."""
        season_ticket = SeasonTicketFactory(status=SeasonTicketStatus.PENDING)
        season_ticket_reject(
            season_ticket_id=season_ticket.id, act=act_of(UserFactory(staff=True), now=NOW, reason="No proof")
        )
        message = OutboxMessage.objects.get(topic="season_ticket.decided:holder")
        season_ticket_decided_notify(message=received(message), now=NOW)
        assert Notice.objects.get().text.endswith("Why: No proof")
