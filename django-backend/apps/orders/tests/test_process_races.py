"""Whole requests about one listing from many processes at once."""

from collections import Counter
from typing import Any

import pytest

from apps.common.testing.races import in_processes
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.testing.stories import move, on_sale
from apps.listings.tests.test_process_races import Answer, post
from apps.orders.models import Sale
from apps.users.models import User
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff() -> User:
    """Staff who may do everything, so that no permission has to outlive the flush of the database."""
    user = UserFactory(staff=True)
    User.objects.filter(id=user.id).update(is_superuser=True)
    user.refresh_from_db()
    return user


def sale(listing: Listing, *seats: str) -> dict[str, Any]:
    return {"listing": listing.id, "seats": list(seats), "marketplace": "stubhub", "invoice_number": "INV-1"}


def test_one_of_twenty_processes_sells_the_seat(staff: User) -> None:
    """S4-07: 1 sells, 19 get 409 naming the seat and when it was sold."""
    listing = on_sale()
    answers = in_processes([post(staff, "/api/v1/staff/sales/", sale(listing, "1"))] * 20)
    assert Counter(status for status, _ in answers) == {201: 1, 409: 19}
    errors = [body["errors"][0] for status, body in answers if status == 409]
    assert {error["code"] for error in errors} == {"seat_not_for_sale"}
    assert all("seat 1 was sold" in error["detail"] for error in errors)
    assert Sale.objects.count() == 1


@pytest.mark.parametrize("_", range(3))
def test_a_listing_is_sold_or_delisted(staff: User, _: int) -> None:
    """S3-52: approving a delisting and selling at once has one outcome, and the loser learns which and since when."""
    listing = move(on_sale(), ListingMove.REQUEST_DELISTING)
    everything = sale(listing, *listing.season_ticket.seats)
    sold, delisted = in_processes(
        [
            post(staff, "/api/v1/staff/sales/", everything),
            post(staff, f"/api/v1/staff/listings/{listing.id}/approve-delisting/", {}),
        ]
    )
    listing.refresh_from_db()
    assert listing.status in {"sold", "delisted"}
    winner, loser = (sold, delisted) if listing.status == "sold" else (delisted, sold)
    assert (winner[0] < 300, loser[0]) == (True, 409), (sold, delisted)
    assert f"{listing.get_status_display().lower()} " in _sentence(loser)
    assert Sale.objects.count() == (4 if listing.status == "sold" else 0)


def _sentence(answer: Answer) -> str:
    return str(answer[1]["errors"][0]["detail"]).lower()


@pytest.mark.parametrize("_", range(3))
def test_a_sale_has_the_price_of_its_moment(staff: User, _: int) -> None:
    """Repricing at once: the sale has the old price or the new one, and the holder's change never touches it."""
    listing = on_sale(price_cents=10_000)

    def reprice() -> Answer:
        from apps.common.testing.clients import api_of

        answer = api_of(listing.holder.user).patch(f"/api/v1/listings/{listing.id}/", {"price": "50.00"})
        return answer.status_code, answer.json()

    sold, repriced = in_processes([post(staff, "/api/v1/staff/sales/", sale(listing, "1")), reprice])
    assert (sold[0], repriced[0]) == (201, 200)
    row = Sale.objects.get()
    assert row.price_cents in {10_000, 5_000}
    assert row.price_cents == row.commission_cents + row.payout_cents
    assert sold[1]["sales"][0]["price"] == f"{row.price_cents / 100:.2f}"
