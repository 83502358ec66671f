"""What spreadsheets do to cells, as opposed to what people change."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.listing_files.rules.seat_cells import chosen_seats, seats_text
from apps.listing_files.rules.spreadsheets import (
    DayOrder,
    changes_in_spreadsheets,
    date_pair,
    is_unreadable,
    read_date,
    spreadsheet_made,
)

MAY, DECEMBER = date(2027, 5, 12), date(2027, 12, 5)


class TestDates:
    @pytest.mark.parametrize(
        "text",
        [
            "2027-05-12", "2027-5-12", "2027/5/12", "2027. 05. 12.", "12-May-2027", "12-May-27", "12. Mai 2027",
            "12 mai 2027", "May 12, 2027", "Wednesday, May 12, 2027", "2027-05-12 00:00:00", "2027-05-12T00:00:00",
            "2027-05-12 12:00:00 AM", "2027-05-12 12:00:00 am", "12-mei-2027",
        ],
    )  # fmt: skip
    def test_of_one_meaning(self, text: str) -> None:
        assert read_date(text).readings == {DayOrder.YEAR: MAY}
        assert read_date(text).meant() == MAY

    @pytest.mark.parametrize(
        "text", ["5/12/2027", "05/12/2027", "5/12/27", "5-12-2027", "05.12.2027", "5/12/2027 0:00"]
    )
    def test_of_two_meanings_name_both(self, text: str) -> None:
        found = read_date(text)
        assert found.readings == {DayOrder.MONTH: MAY, DayOrder.DAY: DECEMBER}
        assert (found.meant(DayOrder.MONTH), found.meant(DayOrder.DAY)) == (MAY, DECEMBER)
        for order in (None, DayOrder.YEAR):
            with pytest.raises(ValueError, match=r"may be 2027-05-12 or 2027-12-05\. .* as 2027-05-12\."):
                found.meant(order)

    @pytest.mark.parametrize(
        ("text", "day"),
        [
            ("12/31/2027", date(2027, 12, 31)), ("31/12/2027", date(2027, 12, 31)), ("5/5/2027", date(2027, 5, 5)),
            ("29.02.2028", date(2028, 2, 29)), ("Sept 30, 2027", date(2027, 9, 30)),
        ],
    )  # fmt: skip
    def test_that_only_one_order_allows_have_one_meaning(self, text: str, day: date) -> None:
        assert read_date(text).meant() == day
        assert read_date(text).meant(DayOrder.MONTH) == day

    @pytest.mark.parametrize(
        "text",
        [
            "", "soon", "2027", "5/12", "12-May", "13/13/2027", "2027-02-30", "5/12/027", "46519", "12 Foo 2027",
            "1/2/3/2027", "2027-05-12 19:10", "5/12/2027" + " " * 60 + "x", "²/3/2027x",
        ],
    )  # fmt: skip
    def test_that_are_none_are_refused(self, text: str) -> None:
        with pytest.raises(ValueError, match="A date is written as 2027-09-30"):
            read_date(text)

    def test_have_a_known_order_when_the_day_is_known(self) -> None:
        assert read_date("5/12/2027").order_if(MAY) == DayOrder.MONTH
        assert read_date("5/12/2027").order_if(DECEMBER) == DayOrder.DAY
        assert read_date("5/12/2027").order_if(date(2027, 1, 1)) is None
        assert read_date("5/5/2027").order_if(date(2027, 5, 5)) is None

    @given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from("/-."))
    def test_of_every_country_are_read(self, day: date, sign: str) -> None:
        american = f"{day.month}{sign}{day.day}{sign}{day.year}"
        british = f"{day.day:02}{sign}{day.month:02}{sign}{day.year}"
        assert read_date(american).readings[DayOrder.MONTH] == day
        assert read_date(british).readings[DayOrder.DAY] == day
        assert read_date(day.isoformat()).meant() == day


class TestSpreadsheetMade:
    @pytest.mark.parametrize(
        ("printed", "cell"),
        [
            ("01", "1"), ("0117", "117"), ("005", "5"), ("1.50", "1.5"), ("1E5", "1.00E+05"), ("1E5", "100000"),
            ("123456789012", "1.23457E+11"), ("1234567890123456", "1234567890123450"),
            ("1-2", "2-Jan"), ("1-2", "Jan-02"), ("1-2", "01-Feb"), ("1-2", "01. Feb"), ("1-2", "2/1/2027"),
            ("1-2", "1/2/2027"), ("1-2", "01-févr"), ("1/2", "2-Jan"), ("3-40", "Mar-40"), ("3-40", "3/1/1940"),
            ("2010-11", "Nov-10"), ("MARCH1", "1-Mar"), ("SEPT 2", "2-Sep"), ("10-12", "12-okt"), ("1-2-3", "1/2/2003"),
            ("10 A", "10:00 AM"), ("5 P", "17:00"), ("1:30", "1:30:00 AM"), ("5 p", "17:00"), ("12 A", "0:00"),
            ("5 P", "5:00 pm"), ("12 P", "12:00"), ("11 P", "23:00:00"), ("1e5", "100000"), ("0" * 59 + "1", "1"),
            ("Montréal Canadiens", "MontrÃ©al Canadiens"), ("Montréal Canadiens", "Montr?al Canadiens"),
        ],
    )  # fmt: skip
    def test_of_a_text(self, printed: str, cell: str) -> None:
        assert spreadsheet_made(cell, of=printed)

    @pytest.mark.parametrize(
        ("printed", "cell"),
        [
            ("0117", "118"), ("01", "10"), ("1E5", "1.00E+06"), ("123456789012", "1.23458E+11"), ("1-2", "2-1"),
            ("1-2", "3-Jan"), ("1-2", "1-3"), ("1-2", "12"), ("12", "2-Jan"), ("A", "2-Jan"), ("MARK 1", "1-Mar"),
            ("1-2", "2-Jan x"), ("10 A", "10:00 PM"), ("101", "102"), ("A", "B"), ("Montréal", "Montreux"),
            ("Mets", "M?ts"), ("1-2-3", "1/4/2003"), ("", "2-Jan"), ("1-2", ""), ("1" * 61, "1" * 61),
            ("1-2", "1-2-3"), ("10", "10:00"), ("1:30", "1:45:00 AM"), ("1:30:15", "1:30:20 AM"), ("10 A", "10:05 AM"),
            ("10 A", "10 AM"), ("A", "B:1"), ("0" * 60 + "1", "1"), ("1", "0" * 60 + "1"),
        ],
    )  # fmt: skip
    def test_not_of_another(self, printed: str, cell: str) -> None:
        assert not spreadsheet_made(cell, of=printed)

    @given(st.text(max_size=70), st.text(max_size=70))
    def test_is_asked_of_any_texts(self, printed: str, cell: str) -> None:
        assert spreadsheet_made(cell, of=printed) in {True, False}
        assert changes_in_spreadsheets(cell) in {True, False}
        assert date_pair(cell) is None or len(cell) >= len("1Jan")

    @pytest.mark.parametrize(
        ("text", "is_so"),
        [
            ("TRUE", True), ("false", True), ("0117", True), ("1-2", True), ("10 A", True), ("1:30", True),
            ("1-2" + " " * 57, True), ("1-2" + " " * 58, False), ("MAR", False), ("1-2-3-4", False),
            ("12345-1", False), ("A", False), ("", False),
        ],
    )  # fmt: skip
    def test_texts_that_change(self, text: str, is_so: bool) -> None:
        assert changes_in_spreadsheets(text) is is_so

    def test_long_texts_are_not_taken_apart(self) -> None:
        assert not changes_in_spreadsheets("1" * 100_000)
        assert date_pair("jan " * 10_000) is None

    @pytest.mark.parametrize(
        ("cell", "pair"),
        [
            ("4-Jan", (1, 4)), ("1-Apr", (1, 4)), ("Jan-04", (1, 4)), ("01. Apr", (1, 4)), ("4/1/2027", (1, 4)),
            ("1/4/2027", (1, 4)), ("Jan-32", (1, 32)), ("12-okt", (10, 12)), ("4-JAN", (1, 4)), ("1-4", None),
            ("W-1", None), ("5", None), ("1 to 4", None), ("Mark 4", None),
            ("4-janv", (1, 4)), ("Jan-Feb", None), ("Jan-2027", None), ("1-2-Jan", None),
        ],
    )  # fmt: skip
    def test_pairs_are_those_of_a_range(self, cell: str, pair: tuple[int, int] | None) -> None:
        assert date_pair(cell) == pair

    @pytest.mark.parametrize(("cell", "is_so"), [("########", True), ("#NAME?", True), ("#n/a", True), ("#1", False)])
    def test_unreadable_cells(self, cell: str, is_so: bool) -> None:
        assert is_unreadable(cell) is is_so


class TestSeats:
    BLOCK = ("1", "2", "3", "4")

    @pytest.mark.parametrize("cell", ["4-JAN", "1-APR", "JAN-04", "1/4/2027", "01. APR"])
    def test_that_became_a_date_are_the_range(self, cell: str) -> None:
        assert chosen_seats([cell], self.BLOCK) == (list(self.BLOCK), [])

    @pytest.mark.parametrize(
        ("cell", "block", "seats"),
        [
            ("1", ("01", "02"), ["01"]), ("1 TO 2", ("01", "02", "03"), ["01", "02"]), ("117", ("0117",), ["0117"]),
            ("2-JAN", ("1-1", "1-2"), ["1-2"]), ("1.00E+05", ("1E5", "1E6"), ["1E5"]), ("01", ("1",), ["1"]),
            ("1.00E+05", ("1E5", "100000"), ["1E5"]), ("7", ("0000000000007",), ["0000000000007"]),
            ("A-1-A-2", ("A-1", "A-2", "A-3"), ["A-1", "A-2"]),
        ],
    )  # fmt: skip
    def test_are_found_by_what_became_of_their_names(self, cell: str, block: tuple[str, ...], seats: list[str]) -> None:
        assert chosen_seats([cell], block) == (seats, [])

    @pytest.mark.parametrize(
        ("cell", "block", "problem"),
        [
            ("5-JAN", BLOCK, "is a date"), ("1-JAN", BLOCK, "is a date"), ("2-JAN", ("2", "3"), "is a date"),
            ("2-JAN", ("1-2", "2-1"), "is a date"), ("2-JAN", ("A", "B"), "is a date"),
            ("1", ("01", "001"), "is not in the season ticket"), ("3-1", BLOCK, "A range goes up"),
            ("2 TO 2", BLOCK, "A range goes up"),
        ],
    )  # fmt: skip
    def test_that_may_be_several_or_none_are_refused(self, cell: str, block: tuple[str, ...], problem: str) -> None:
        _, [problem_said] = chosen_seats([cell], block)
        assert cell in problem_said
        assert problem in problem_said

    def test_of_no_range_of_the_block_are_taken_apart_at_the_first_sign(self) -> None:
        _, problems = chosen_seats(["7-8-9"], self.BLOCK)
        assert [problem.split(" is ")[0] for problem in problems] == ["Seat 7", "Seat 8-9"]

    @pytest.mark.parametrize("seat", ["01", "0117", "1-2", "1E5", "MAR 1", "123456789012", "10 A"])
    def test_that_would_change_are_written_as_text(self, seat: str) -> None:
        text = seats_text([seat], [seat, "X"])
        assert text == f"{seat}|"
        assert not changes_in_spreadsheets(text)

    @pytest.mark.parametrize("seat", ["0", "5", "12345678901", "A"])
    def test_that_would_not_change_are_written_as_they_are(self, seat: str) -> None:
        assert seats_text([seat], [seat, "X"]) == seat
