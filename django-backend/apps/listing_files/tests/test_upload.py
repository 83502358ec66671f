"""Listings uploaded as CSV: what a file means, and what is written of it."""

from datetime import UTC, date, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.catalog.testing.factories import TeamFactory, VenueFactory
from apps.common.acts import Act, ChangeSource
from apps.holders.models import TicketHolder
from apps.holders.testing.factories import CommissionAgreementFactory, TicketHolderFactory
from apps.listing_files.errors import ListingCsvRefused, ListingCsvUnreadable
from apps.listing_files.rules.csv_table import MAX_CSV_ROWS
from apps.listing_files.selectors import listing_csv_text
from apps.listing_files.services import upload as csv_upload
from apps.listing_files.services.upload import CsvOutcome, listings_from_csv
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services.listings import listing_create
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.season_tickets.tests.test_seats_elsewhere import enter
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def upload(holder: TicketHolder, text: str | bytes, *, dry_run: bool = False) -> CsvOutcome:
    content = text if isinstance(text, bytes) else text.encode()
    return listings_from_csv(
        holder=holder,
        content=content,
        dry_run=dry_run,
        act=Act(holder.user.id, ChangeSource.CSV, timezone.now()),
    )


def problems(holder: TicketHolder, text: str) -> list[tuple[int, str | None, str]]:
    """Return line, column and code of everything a dry run finds."""
    rows = upload(holder, text, dry_run=True).rows
    return [(row.line, problem.attr, problem.code) for row in rows for problem in row.problems]


def rows(season_ticket: SeasonTicket, *lines: str, columns: str = "event,seats,price") -> str:
    """Return a file about one block; each line holds the cells of `columns`."""
    return f"season_ticket,{columns}\n" + "".join(f"{season_ticket.id},{line}\n" for line in lines)


class TestUpload:
    def test_lists_every_row(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-54: by ids; a range, single seats, or all of the block."""
        games = [event, home_game(season_ticket), home_game(season_ticket)]
        seats = ["1-2", '"2,4"', ""]
        lines = [f"{game.id},{cell},100" for game, cell in zip(games, seats, strict=True)]
        outcome = upload(season_ticket.holder, rows(season_ticket, *lines))
        made = Listing.objects.in_bulk([row.listing.id for row in outcome.rows if row.listing])
        found = [made[row.listing.id] for row in outcome.rows if row.listing]
        assert [listing.event_id for listing in found] == [game.id for game in games]
        named = [list(listing.tickets.order_by("position").values_list("seat", flat=True)) for listing in found]
        assert named == [["1", "2"], ["2", "4"], ["1", "2", "3", "4"]]
        assert {(listing.status, listing.price_cents, listing.holder_id) for listing in found} == {
            ("pending", 10_000, season_ticket.holder_id)
        }
        history = ListingEvent.objects.filter(listing__in=made)
        assert {(change.source, change.actor_id) for change in history} == {
            (ChangeSource.CSV, season_ticket.holder.user_id)
        }
        assert [row.split.payout_cents for row in outcome.rows if row.split] == [8_000] * 3

    def test_finds_block_and_game_by_name(self, season_ticket: SeasonTicket) -> None:
        """Names in any case; the date is that at the venue, where the evening is not over when it is in UTC."""
        event = home_game(season_ticket, starts_at=datetime(2040, 9, 10, 1, tzinfo=UTC))
        season_ticket.section, other = "101", SeasonTicketFactory(holder=season_ticket.holder)
        home_game(other, starts_at=event.starts_at)
        text = (
            "price;opponent;date;row;section;season;team\r\n"
            f"1100.50;{event.away_team.name[:4].lower()};2040-09-09;a; 101 ;{season_ticket.season.name.upper()};"
            f"{season_ticket.team.name.lower()}\r\n"
        )
        outcome = upload(season_ticket.holder, b"\xef\xbb\xbf" + text.encode())
        listing = Listing.objects.get()
        assert (listing.event_id, listing.season_ticket_id) == (event.id, season_ticket.id)
        assert listing.price_cents == 110_050
        assert outcome.rows[0].event_label == event.label

    def test_takes_all_terms(self, season_ticket: SeasonTicket, event: Event) -> None:
        columns = (
            "event,price,floor,floor_basis,price_steps,split_rule,custom_quantities,in_hand_date,delivery_type,"
            "disclosures,notes,show_seats"
        )
        cells = '14:0.10|3:0.25,Custom,"2,4",2040-09-01,Mobile transfer,aisle|limited view,"say ""hi""",TRUE'
        line = f"{event.id},200,80,net,{cells}"
        upload(season_ticket.holder, rows(season_ticket, line, columns=columns))
        listing = Listing.objects.get()
        assert (listing.floor_cents, listing.floor_basis, listing.split_rule) == (8_000, "net", "custom")
        assert (listing.price_steps, listing.custom_quantities) == ([[14, 1_000], [3, 2_500]], [2, 4])
        assert (listing.in_hand_date, listing.delivery_type) == (date(2040, 9, 1), "mobile_transfer")
        assert (listing.disclosures, listing.notes) == (["aisle", "limited_view"], 'say "hi"')
        assert listing.show_seats

    def test_all_seats_are_those_not_withheld(self, season_ticket: SeasonTicket, event: Event) -> None:
        WithheldSeat.objects.create(season_ticket=season_ticket, event=event, seat="2")
        upload(season_ticket.holder, rows(season_ticket, f"{event.id},,100"))
        assert list(Ticket.objects.order_by("position").values_list("seat", flat=True)) == ["1", "3", "4"]

    def test_range_means_the_seats_of_the_block(self) -> None:
        """S3-54: in a block of odd seats, 1 to 5 are three seats."""
        block = SeasonTicketFactory(first_seat=1, last_seat=7, numbering=SeatNumbering.ODD_EVEN)
        upload(block.holder, rows(block, f"{home_game(block).id},1 to 5,100"))
        assert list(Ticket.objects.order_by("position").values_list("seat", "position")) == [
            ("1", 0), ("3", 1), ("5", 2),
        ]  # fmt: skip

    def test_names_one_of_two_blocks_by_its_seats(self, season_ticket: SeasonTicket, event: Event) -> None:
        SeasonTicketFactory(
            holder=season_ticket.holder,
            team=season_ticket.team,
            season=season_ticket.season,
            first_seat=9,
            last_seat=12,
        )
        place = f"{season_ticket.team.name},{season_ticket.season.name},101,A"
        text = "team,season,section,row,event,seats,price\n" + f"{place},{event.id},9-10,100\n{place},{event.id},,100\n"
        assert problems(season_ticket.holder, text) == [(3, "season_ticket", "ambiguous")]

    def test_general_admission_takes_places(self) -> None:
        block = SeasonTicketFactory(numbering=SeatNumbering.GENERAL_ADMISSION, section="GA", row="GA")
        game = home_game(block)
        twin = SeasonTicketFactory(
            team=block.team, season=block.season, numbering=SeatNumbering.GENERAL_ADMISSION, section="GA", row="GA"
        )
        for each in (block, twin):
            upload(each.holder, rows(each, f"{game.id},1-2,100"))
        assert problems(block.holder, rows(block, f"{game.id},2-3,100")) == [(2, "seats", "seat_already_listed")]

    def test_writes_as_actor_who_uploads(self, season_ticket: SeasonTicket, event: Event) -> None:
        staff = UserFactory(staff=True)
        content = rows(season_ticket, f"{event.id},1,100").encode()
        listings_from_csv(
            holder=season_ticket.holder,
            content=content,
            dry_run=False,
            act=Act(staff.id, ChangeSource.CSV, timezone.now()),
        )
        assert ListingEvent.objects.get().actor_id == staff.id


class TestDryRun:
    def test_writes_nothing_and_reports_everything(self, season_ticket: SeasonTicket, event: Event) -> None:
        CommissionAgreementFactory(holder=season_ticket.holder, rate_bps=1_000)
        outcome = upload(
            season_ticket.holder, rows(season_ticket, f"{event.id},1,100", f"{event.id},9,x"), dry_run=True
        )
        good, bad = outcome.rows
        assert good.listing is not None
        assert good.split is not None
        assert (good.problems, good.listing.price.price_cents, good.split.payout_cents) == ([], 10_000, 9_000)
        assert bad.listing is None
        assert [problem.attr for problem in bad.problems] == ["price"]
        assert not Listing.objects.exists()

    def test_the_real_run_writes_all_or_nothing(self, season_ticket: SeasonTicket, event: Event) -> None:
        text = rows(season_ticket, f"{event.id},1,100", f"{event.id},9,100", f"{event.id},2,x")
        with pytest.raises(ListingCsvRefused) as refused:
            upload(season_ticket.holder, text)
        assert [(detail.attr, detail.code) for detail in refused.value.details] == [
            ("rows.3.seats", "seat_not_in_block"),
            ("rows.4.price", "invalid"),
        ]
        assert not Listing.objects.exists()


class TestRowProblems:
    def test_block(self, season_ticket: SeasonTicket, event: Event) -> None:
        """Another holder's block gets the same answer as none; one that is not verified does not."""
        foreign, pending = (
            SeasonTicketFactory(),
            SeasonTicketFactory(holder=season_ticket.holder, status=SeasonTicketStatus.PENDING),
        )
        text = "season_ticket,section,event,price\n" + "".join(
            f"{cells},{event.id},100\n"
            for cells in (f"{foreign.id},", f"{event.id},", "x,", ",", f"{season_ticket.id},102", f"{pending.id},")
        )
        assert problems(season_ticket.holder, text) == [
            (2, "season_ticket", "does_not_exist"),
            (3, "season_ticket", "does_not_exist"),
            (4, "season_ticket", "invalid"),
            (5, "season_ticket", "required"),
            (6, "section", "does_not_exist"),
            (7, "season_ticket", "season_ticket_not_verified"),
        ]

    def test_game(self, season_ticket: SeasonTicket, event: Event) -> None:
        other = home_game(SeasonTicketFactory())
        begun = home_game(season_ticket, starts_at=datetime(2020, 1, 1, tzinfo=UTC))
        off = home_game(season_ticket, status=EventStatus.POSTPONED, starts_at=datetime(2040, 1, 1, 20, tzinfo=UTC))
        home_game(season_ticket)  # the second game of a day
        lines = [
            f"{other.id},,", f"{begun.id},,", f",2040-01-01,{off.away_team.name}", f"{event.id},2040-09-10,",
            ",2040-09-11,", ",2040-09-09,", f",2040-09-09,{TeamFactory().name}", ",9/10/2040,", ",,",
        ]  # fmt: skip
        text = rows(season_ticket, *[f"{line},100" for line in lines], columns="event,date,opponent,price")
        assert problems(season_ticket.holder, text) == [
            (2, "event", "does_not_exist"),
            (3, "event", "event_not_open"),
            (4, "date", "event_not_open"),
            (5, "date", "invalid"),
            (6, "date", "does_not_exist"),
            (7, "event", "ambiguous"),
            (8, "opponent", "does_not_exist"),
            (9, "date", "invalid"),
            (10, "event", "required"),
        ]

    def test_opponent_of_whole_words(self) -> None:
        """`LA` is not in At*la*nta; it is short for the city of the Dodgers."""
        season_ticket = SeasonTicketFactory(team__name="New York Mets")
        dates = []
        for day, (name, city) in enumerate([("Atlanta Braves", "Atlanta"), ("Los Angeles Dodgers", "Los Angeles")], 9):
            away = TeamFactory(league=season_ticket.season.league, name=name, city=city, abbreviation=name[:3].upper())
            home_game(season_ticket, away_team=away, starts_at=datetime(2040, 9, day, 17, tzinfo=UTC))
            dates.append(f"2040-09-{day:02}")
        for text, refused in {
            "LA": [2],
            "Braves": [3],
            "los angeles": [2],
            "ATL": [3],
            "Atl": [3],
            "Angel": [2, 3],
        }.items():
            lines = [f"{date},{text},100" for date in dates]
            file = rows(season_ticket, *lines, columns="date,opponent,price")
            assert problems(season_ticket.holder, file) == [(line, "opponent", "does_not_exist") for line in refused]
        file = rows(season_ticket, f"{dates[0]},LA,100", columns="date,opponent,price")
        [problem] = upload(season_ticket.holder, file, dry_run=True).rows[0].problems
        assert problem.detail == "LA is not the opponent, Atlanta Braves is."

    def test_accents_of_names_do_not_count(self) -> None:
        season_ticket = SeasonTicketFactory(team__name="Montréal Canadiens", season__name="2040-41")
        event = home_game(season_ticket)
        text = "team,season,section,row,event,price\n" + "".join(
            f"{team},2040-41,101,A,{event.id},100\n"
            for team in ("Montreal Canadiens", "MONTRÉAL CANADIENS", "Montreal")
        )
        assert problems(season_ticket.holder, text) == [
            (2, "seats", "named_twice"), (3, "seats", "named_twice"), (4, "team", "does_not_exist"),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("cell", "code"),
        [
            ("Jan-1", "seat_not_in_block"), ("5-Jan", "seat_not_in_block"), ("|", "invalid"),
            ("0-2", "seat_not_in_block"),
            ("3-3", "seat_not_in_block"), ("4-1", "seat_not_in_block"), ("-1", "seat_not_in_block"),
            ("1;x", "seat_not_in_block"), ("4-5", "seat_not_in_block"), ("9", "seat_not_in_block"),
            ("1|1", "seat_not_in_block"),
            ("1-999999999", "seat_not_in_block"), ("1|1-2", "seat_not_in_block"),
        ],
    )  # fmt: skip
    def test_seats(self, season_ticket: SeasonTicket, event: Event, cell: str, code: str) -> None:
        """S3-54: positive, first below last, inside the block."""
        assert problems(season_ticket.holder, rows(season_ticket, f"{event.id},{cell},100")) == [(2, "seats", code)]

    def test_seats_that_are_taken(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S4-07, S3-51: listed already, withheld, and twice in the file: both lines are named."""
        later = home_game(season_ticket)
        listing_create(
            holder=season_ticket.holder, season_ticket_id=season_ticket.id, event_id=event.id, seats=["1"],
            price_cents=1, act=Act(season_ticket.holder.user.id, ChangeSource.API, timezone.now()),
        )  # fmt: skip
        WithheldSeat.objects.create(season_ticket=season_ticket, event=event, seat="4")
        text = rows(
            season_ticket, f"{event.id},1-2,100", f"{event.id},4,100", f"{later.id},1-2,100", f"{later.id},2-3,100"
        )
        outcome = upload(season_ticket.holder, text, dry_run=True)
        assert [(row.line, [problem.detail for problem in row.problems]) for row in outcome.rows] == [
            (2, ["Already listed for this event: seat 1."]),
            (3, ["Withheld for own use: seat 4. To list withheld seats, release them first."]),
            (4, ["Named in line 5 too: seat 2."]),
            (5, ["Named in line 4 too: seat 2."]),
        ]

    def test_seats_of_another_holder_s_block(self, season_ticket: SeasonTicket, event: Event) -> None:
        """The seat is physical: who listed it does not matter, and is not disclosed."""
        claim = SeasonTicketFactory(
            team=season_ticket.team, season=season_ticket.season, status=SeasonTicketStatus.ENDED
        )
        Ticket.objects.create(
            listing=Listing.objects.create(
                holder=claim.holder, season_ticket=claim, event=event, price_cents=1, base_price_cents=1,
                status_changed_at=timezone.now(),
            ),
            event=event, section="101", row="A", seat="3", position=2,
        )  # fmt: skip
        assert problems(season_ticket.holder, rows(season_ticket, f"{event.id},3,1")) == [
            (2, "seats", "seat_already_listed")
        ]

    @pytest.mark.parametrize(
        ("columns", "cells", "column"),
        [
            ("price", "0", "price"), ("price", "1.001", "price"), ("price", "1e3", "price"), ("price", "=1+1", "price"),
            ("price", "1000000.01", "price"), ("price", '"10,50"', "price"), ("price", "１", "price"),
            ("price,floor", "1,2", "floor"), ("price,floor_basis", "1,x", "floor_basis"),
            ("price,price_steps", "1,14", "price_steps"), ("price,price_steps", "1,14:0.95", "price_steps"),
            ("price,split_rule", "1,x", "split_rule"), ("price,custom_quantities", "1,2", "custom_quantities"),
            ("price,split_rule,custom_quantities", "1,custom,99", "custom_quantities"),
            ("price,in_hand_date", "1,2041-01-01", "in_hand_date"), ("price,in_hand_date", "1,soon", "in_hand_date"),
            ("price,delivery_type", "1,pigeon", "delivery_type"), ("price,disclosures", "1,noisy", "disclosures"),
            ("price,notes", f"1,{'x' * 501}", "notes"), ("price,notes", f"1,{'x' * 1_001}", "notes"),
            ("price", "1,2", None),
        ],
    )  # fmt: skip
    def test_terms(self, season_ticket: SeasonTicket, event: Event, columns: str, cells: str, column: str) -> None:
        found = problems(season_ticket.holder, rows(season_ticket, f"{event.id},{cells}", columns=f"event,{columns}"))
        assert [(line, where) for line, where, _ in found] == [(2, column)]


class TestFile:
    def test_without_listings_is_refused_in_a_sentence(self) -> None:
        with pytest.raises(ListingCsvUnreadable) as refused:
            upload(TicketHolderFactory(), b"season_ticket,price\n1,2\n", dry_run=True)
        sentence = "The file needs the column event or date."
        assert [(detail.detail, detail.attr) for detail in refused.value.details] == [(sentence, "file")]

    def test_with_too_many_rows_or_seats(
        self, season_ticket: SeasonTicket, event: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with pytest.raises(ListingCsvUnreadable, match="5001 rows"):
            upload(season_ticket.holder, "season_ticket,event,price\n" + "1,1,1\n" * (MAX_CSV_ROWS + 1))
        monkeypatch.setattr(csv_upload, "MAX_SEATS", 3)
        with pytest.raises(ListingCsvRefused, match="lists 4 seats; at most 3"):
            upload(season_ticket.holder, rows(season_ticket, f"{event.id},,100"))

    def test_may_come_from_a_spreadsheet(self, season_ticket: SeasonTicket, event: Event) -> None:
        """Empty columns and lines, line breaks in cells, formulas: data, not errors. Lines are those of the file."""
        text = (
            "Season Ticket;Event;Price;Notes;;\r\n;;;;;\r\n"
            f'{season_ticket.id};{event.id};100;"=1+1\r\nthen";;\r\n\r\n{season_ticket.id};{event.id};;-x;;\r\n'
        )
        outcome = upload(season_ticket.holder, text, dry_run=True)
        assert [row.line for row in outcome.rows] == [3, 6]
        assert outcome.rows[0].listing is not None
        assert outcome.rows[0].listing.offer.terms.notes == "=1+1\nthen"


class TestQueries:
    def test_are_as_many_for_many_rows(self) -> None:
        """S3-54: one row and 200 rows, of several blocks, games and terms."""
        counts = []
        for number in (1, 200):
            block = SeasonTicketFactory(last_seat=100)
            games = [home_game(block) for _ in range(2)]
            lines = [f"{games[i % 2].id},{i // 2 + 1},100,80,net" for i in range(number)]
            text = rows(block, *lines, columns="event,seats,price,floor,floor_basis")
            for dry_run in (True, False):
                with CaptureQueriesContext(connection) as queries:
                    upload(block.holder, text, dry_run=dry_run)
                counts.append(len([q for q in queries if not {"SAVEPOINT", "TRANSACTION"} & set(q["sql"].split())]))
        assert counts == [4, 6, 4, 6]
        assert Ticket.objects.count() == 201


class TestElsewhere:
    """Seats at a game that is not at the team's home venue."""

    def test_are_those_that_staff_have_entered(self, season_ticket: SeasonTicket) -> None:
        away = home_game(season_ticket, venue=VenueFactory())
        holder, line = season_ticket.holder, f"{away.id},,100"
        assert problems(holder, rows(season_ticket, line)) == [(2, "event", "other_venue")]
        block = enter(season_ticket, away)
        names = f"{block.team},{block.season.name},101,A,{line}"
        by_place = f"team,season,section,row,event,seats,price\n{names}\n"
        for text in (rows(season_ticket, line), rows(block, line), by_place):
            [row] = upload(holder, text).rows
            assert set(Ticket.objects.values_list("section", "row", "seat")) == {("12", "3", "7"), ("12", "3", "8")}
            made = Listing.objects.filter(id=row.listing.id if row.listing else None)
            downloaded = "".join(listing_csv_text(listings=made, on=timezone.now().date()))
            Ticket.objects.all().update(status="withdrawn")
            assert problems(holder, downloaded) == []
