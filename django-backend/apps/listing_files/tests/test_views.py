"""Listings as CSV over HTTP: who may, what is answered, and the way down and up again."""

import csv
import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.common.testing.downloads import downloaded
from apps.holders.testing.factories import TicketHolderFactory
from apps.listing_files.rules.listing_rows import COLUMNS, INPUT_COLUMNS
from apps.listings.enums import TicketStatus
from apps.listings.models import Listing, Ticket
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
URL, TEMPLATE = "/api/v1/listings/csv/", "/api/v1/listings/csv/template/"


def send(client: APIClient, text: str | bytes, key: str | None = None, **fields: Any) -> HttpResponse:
    content = text if isinstance(text, bytes) else text.encode()
    body = {"file": SimpleUploadedFile("listings.csv", content, "text/csv"), **fields}
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(URL, body, format="multipart", headers=headers)


def file_for(season_ticket: SeasonTicket, event: Event, seats: str = "1-2", price: str = "100") -> str:
    return f"season_ticket,event,seats,price\n{season_ticket.id},{event.id},{seats},{price}\n"


def download(client: APIClient, query: str = "") -> str:
    answer = client.get(f"{URL}{query}", headers={"Accept": "text/csv"})
    return downloaded(answer)


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


class TestUpload:
    def test_answers_with_a_listing_for_each_row(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        answer = send(api, file_for(season_ticket, event))
        listing = Listing.objects.get()
        assert answer.status_code == 201
        assert answer.json() == {
            "dry_run": False,
            "count": 1,
            "error_count": 0,
            "rows": [
                {
                    "row": 2,
                    "status": "ok",
                    "errors": [],
                    "listing": {
                        "id": str(listing.id),
                        "season_ticket": str(season_ticket.id),
                        "event": str(event.id),
                        "event_name": event.name,
                        "seats": ["1", "2"],
                        "price": "100.00",
                        "split": {"commission": "20.00", "payout": "80.00"},
                    },
                }
            ],
        }

    def test_refuses_with_line_and_column(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        answer = send(api, file_for(season_ticket, event, seats="9"))
        assert answer.status_code == 400
        assert answer.json() == {
            "type": "client_error",
            "errors": [
                {
                    "code": "seat_not_in_block",
                    "detail": "Seat 9 is not in the season ticket (seats 1 to 4).",
                    "attr": "rows.2.seats",
                }
            ],
        }

    def test_names_a_hundred_problems_and_counts_the_rest(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        row = file_for(season_ticket, event).splitlines(keepends=True)[1]
        text = file_for(season_ticket, event) + row * 299
        errors = send(api, text).json()["errors"]
        assert [error["attr"] for error in errors[:-1]] == [f"rows.{line}.seats" for line in range(2, 102)]
        assert errors[-1] == {
            "code": "more_errors",
            "detail": "200 more errors are left out. Correct these first.",
            "attr": None,
        }
        assert send(api, text, dry_run="true").json()["error_count"] == 300

    def test_dry_run_answers_200_either_way(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        for seats, status in (("1-2", "ok"), ("9", "error")):
            answer = send(api, file_for(season_ticket, event, seats=seats), dry_run="true")
            assert (answer.status_code, answer.json()["rows"][0]["status"]) == (200, status)
        assert answer.json()["rows"][0]["listing"] is None
        assert answer.json()["rows"][0]["errors"] == [
            {
                "code": "seat_not_in_block",
                "detail": "Seat 9 is not in the season ticket (seats 1 to 4).",
                "attr": "seats",
            }
        ]
        assert not Listing.objects.exists()

    def test_happens_once_a_key(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """The key includes the hash of the file, which need not be text."""
        first = send(api, file_for(season_ticket, event), key="k")
        again = send(api, file_for(season_ticket, event), key="k")
        other = send(api, file_for(season_ticket, event, price="101"), key="k")
        assert (first.status_code, again.json(), other.status_code) == (201, first.json(), 422)
        assert Listing.objects.count() == 1
        assert send(api, b"\xff\xfe\x00", key="no text").status_code == 400

    @pytest.mark.parametrize(
        ("body", "form", "status", "attr"),
        [
            ({}, "multipart", 400, "file"),
            ({"file": "text"}, "multipart", 400, "file"),
            ({"file": SimpleUploadedFile("a.csv", b""), "dry_run": "x"}, "multipart", 400, "dry_run"),
            ({}, "json", 415, None),
        ],
    )
    def test_refuses_other_bodies(
        self, api: APIClient, body: dict[str, Any], form: str, status: int, attr: str | None
    ) -> None:
        answer = api.post(URL, body, format=form)
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (status, attr)

    def test_is_for_holders_and_their_own_blocks(self, season_ticket: SeasonTicket, event: Event) -> None:
        text = file_for(season_ticket, event)
        clients = (api_of(None), api_of(UserFactory(superuser=True)), api_of(TicketHolderFactory().user))
        assert [send(client, text).status_code for client in clients] == [401, 403, 400]
        assert not Listing.objects.exists()


class TestDownload:
    def test_goes_up_again(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """A download can be uploaded unchanged, once its seats are free, and gives the same listings."""
        columns = "season_ticket,event,seats,price,floor,price_steps,split_rule,custom_quantities,disclosures,notes"
        other = home_game(season_ticket)
        lines = (f"{event.id},1|3,100,90,30:0.1,,,aisle,=SUM(1)", f'{other.id},1-4,80,,,custom,2|4,,"a,\n\'b"')
        text = f"{columns}\n" + "".join(f"{season_ticket.id},{line}\n" for line in lines)
        assert send(api, text).status_code == 201
        first = download(api)
        Ticket.objects.update(status=TicketStatus.WITHDRAWN)
        answer = send(api, first)
        assert answer.status_code == 201, answer.json()
        Listing.objects.filter(tickets__status=TicketStatus.WITHDRAWN).update(holder=TicketHolderFactory())
        read_only = {"id", "created_at"}
        again = [{name: row[name] for name in row.keys() - read_only} for row in table(download(api))]
        before = [{name: row[name] for name in row.keys() - read_only} for row in table(first)]
        assert sorted(again, key=str) == sorted(before, key=str)
        assert len(again) == 2
        assert set(Listing.objects.values_list("notes", flat=True)) == {"=SUM(1)", "a,\n'b"}

    def test_has_its_columns_and_is_safe_in_a_spreadsheet(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        text = f"season_ticket,event,seats,price,notes\n{season_ticket.id},{event.id},1-4,100,=SUM(1)\n"
        send(api, text)
        (row,) = table(download(api))
        assert tuple(row) == COLUMNS
        assert (row["notes"], row["seats"], row["price"], row["payout"]) == ("'=SUM(1)", "1 to 4", "100.00", "80.00")
        assert (row["status"], row["date"], row["team"]) == ("pending", "2040-09-09", season_ticket.team.name)
        assert row["opponent"] == event.away_team.name

    def test_is_of_own_listings_and_can_be_filtered(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        foreign = SeasonTicketFactory()
        foreign_client = api_of(foreign.holder.user)
        send(foreign_client, file_for(foreign, home_game(foreign)))
        send(api, file_for(season_ticket, event))
        send(api, file_for(season_ticket, home_game(season_ticket)))
        assert len(table(download(api))) == 2
        assert [row["event"] for row in table(download(api, f"?event={event.id}"))] == [str(event.id)]
        assert len(table(download(foreign_client))) == 1
        assert [api_of(user).get(URL).status_code for user in (None, UserFactory(superuser=True))] == [401, 403]

    def test_reads_page_by_page(
        self, api: APIClient, season_ticket: SeasonTicket, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two queries a page, whatever the rows: none is left out where pages meet."""
        monkeypatch.setattr("apps.listing_files.selectors._PAGE", 3)
        for number in range(6):
            send(api, file_for(season_ticket, home_game(season_ticket)))
            with CaptureQueriesContext(connection) as queries:
                assert len(table(download(api))) == number + 1
        assert len(queries) == 2 * 2 + 1  # two full pages, an empty one

    def test_template_has_the_columns_of_an_upload(self, api: APIClient) -> None:
        answer = api.get(TEMPLATE)
        assert downloaded(answer) == ",".join(INPUT_COLUMNS) + "\r\n"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="listings-template.csv"'
        assert [api_of(user).get(TEMPLATE).status_code for user in (None, UserFactory())] == [401, 403]
