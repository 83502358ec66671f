"""Many processes at once, each with its own connection and a whole request: what stands behind several web servers."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from apps.common.testing.clients import api_of
from apps.common.testing.races import in_processes
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User

pytestmark = pytest.mark.django_db(transaction=True)
Answer = tuple[int, Any]


def post(user: User, address: str, body: dict[str, Any], **headers: str) -> Callable[[], Answer]:
    """Return a job that posts as `user` and answers with status and body."""

    def job() -> Answer:
        response = api_of(user).post(address, body, headers=headers)
        return response.status_code, response.json()

    return job


class TestListing:
    def test_one_of_fifty_processes_lists_the_seat(self) -> None:
        """S3-54, S4-07: 1 wins, 49 get 409 naming the seat."""
        season_ticket = SeasonTicketFactory()
        event = home_game(season_ticket)
        body = {"season_ticket": season_ticket.id, "event": event.id, "seats": ["2"], "price": "100.00"}
        answers = in_processes([post(season_ticket.holder.user, "/api/v1/listings/", body)] * 50)
        assert Counter(status for status, _ in answers) == {201: 1, 409: 49}
        errors = [body["errors"][0] for status, body in answers if status == 409]
        assert {(error["code"], error["attr"]) for error in errors} == {("seat_already_listed", "seats")}
        assert all("section 101, row A, seat 2" in error["detail"] for error in errors)
        assert (Listing.objects.count(), Ticket.objects.count(), ListingEvent.objects.count()) == (1, 1, 1)

    def test_one_idempotency_key_from_ten_clients_lists_once(self) -> None:
        """The first one works; the others learn that it is running, or get its answer."""
        season_ticket = SeasonTicketFactory()
        event = home_game(season_ticket)
        body = {"season_ticket": season_ticket.id, "event": event.id, "seats": ["2"], "price": "100.00"}
        job = post(season_ticket.holder.user, "/api/v1/listings/", body, **{"Idempotency-Key": "once"})
        answers = in_processes([job] * 10)
        made = {body["id"] for status, body in answers if status == 201}
        assert {status for status, _ in answers} <= {201, 409}
        assert {body["errors"][0]["code"] for status, body in answers if status == 409} <= {"idempotency_key_in_use"}
        assert made == {str(Listing.objects.get().id)}
