"""Staff upload listings for a holder: preview, confirmation, and who may."""

from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Event
from apps.common.admin_once import SENT_TWICE
from apps.common.testing.html_forms import form_of
from apps.listings.models import Listing, ListingEvent
from apps.season_tickets.models import SeasonTicket
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
LIST = "/admin/listings/listing/"


def upload_url() -> str:
    return reverse("admin:listings_listing_upload_csv")


def send(client: Client, season_ticket: SeasonTicket, event: Event, seats: str = "1-2") -> HttpResponse:
    text = f"season_ticket,event,seats,price\n{season_ticket.id},{event.id},{seats},100\n"
    file = SimpleUploadedFile("seats.csv", text.encode(), "text/csv")
    return client.post(upload_url(), {"holder": season_ticket.holder.user.email.upper(), "file": file})


@pytest.fixture
def staff() -> Client:
    """Staff with the permissions for the page and for the list that it leads back to."""
    return staff_browser("add_listing", "view_listing")


class TestUpload:
    def test_is_previewed_and_confirmed(self, staff: Client, season_ticket: SeasonTicket, event: Event) -> None:
        answer = send(staff, season_ticket, event)
        preview = staff.get(answer.url)
        text = " ".join(preview.content.decode().split())
        assert "seats.csv: 1 row, 1 can be listed, 0 problems." in text
        assert "section 101 row A: 1, 2" in text
        assert "80.00" in text
        assert not Listing.objects.exists()
        done = staff.post(f"{answer.url}confirm/", follow=True)
        assert "1 listing" in done.content.decode()
        listing, change = Listing.objects.get(), ListingEvent.objects.get()
        assert (listing.holder, listing.status) == (season_ticket.holder, "pending")
        assert (change.actor.is_staff, change.source) == (True, "csv")
        again = staff.post(f"{answer.url}confirm/", follow=True)
        assert "This upload is gone" in again.content.decode()
        assert Listing.objects.count() == 1

    def test_that_is_confirmed_twice_is_listed_once(
        self, staff: Client, season_ticket: SeasonTicket, event: Event
    ) -> None:
        url = send(staff, season_ticket, event).url
        form = form_of(staff.get(url))
        staff.post(f"{url}confirm/", form, follow=True)
        again = staff.post(f"{url}confirm/", form, follow=True)
        assert again.redirect_chain == [(LIST, 302)]
        assert SENT_TWICE in again.content.decode()
        assert Listing.objects.count() == 1

    def test_with_problems_cannot_be_confirmed(self, staff: Client, season_ticket: SeasonTicket, event: Event) -> None:
        url = send(staff, season_ticket, event, seats="9").url
        page = staff.get(url).content.decode()
        assert "Seat 9 is not in the season ticket" in page
        assert "confirm/" not in page
        done = staff.post(f"{url}confirm/", follow=True).content.decode()
        assert "Nothing was listed." in done
        assert not Listing.objects.exists()

    def test_says_on_the_form_what_is_wrong(self, staff: Client) -> None:
        big = SimpleUploadedFile("big.csv", b"x" * 2_000_001)
        page = staff.post(upload_url(), {"holder": "nobody@example.com", "file": big}).content.decode()
        assert "No ticket holder has this address." in page
        assert "The file is larger than 2 MB." in page

    def test_that_is_not_csv_is_refused(self, staff: Client, season_ticket: SeasonTicket) -> None:
        file = SimpleUploadedFile("a.csv", b"\xff\xff")
        page = staff.post(upload_url(), {"holder": season_ticket.holder.user.email, "file": file}, follow=True)
        assert "The file is not UTF-8 text." in page.content.decode()
        assert f'value="{season_ticket.holder.user.email}"' in page.content.decode(), "only the file is chosen again"


class TestPermission:
    def test_is_that_to_add_listings(self, season_ticket: SeasonTicket, event: Event) -> None:
        other = staff_browser("view_listing", "change_listing")
        kept = send(staff_browser("add_listing"), season_ticket, event).url
        assert "Upload listings CSV" not in other.get(LIST).content.decode()
        assert "Upload listings CSV" in staff_browser("add_listing", "view_listing").get(LIST).content.decode()
        assert [other.get(url).status_code for url in (upload_url(), kept)] == [403, 403]
        assert other.post(f"{kept}confirm/").status_code == 403
        assert Client().get(kept).status_code == 302

    def test_upload_is_found_by_its_maker_only(self, staff: Client, season_ticket: SeasonTicket, event: Event) -> None:
        url = send(staff, season_ticket, event).url
        other = Client()
        other.force_login(UserFactory(superuser=True), backend="django.contrib.auth.backends.ModelBackend")
        for missing in (url, reverse("admin:listings_listing_csv_preview", args=[uuid4()])):
            assert "This upload is gone" in other.get(missing, follow=True).content.decode()
        assert other.get(f"{url}confirm/").status_code == 405
