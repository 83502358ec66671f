"""Seats of a block, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.characters import is_latin
from apps.common.errors import ErrorDetail
from apps.season_tickets.rules.blocks import block_problem, seat_problems, seats_of_block

BLOCK = seats_of_block(1, 4)


class TestSeatsOfBlock:
    @given(st.integers(1, 99_999), st.integers(0, 99))
    def test_counts_first_and_last(self, first: int, more: int) -> None:
        seats = seats_of_block(first, first + more)
        assert (seats[0], seats[-1], len(seats)) == (str(first), str(first + more), more + 1)

    @pytest.mark.parametrize(
        ("numbering", "seats"),
        [
            ("consecutive", ["3", "4", "5", "6", "7"]),
            ("odd_even", ["3", "5", "7"]),
            ("general_admission", ["3", "4", "5", "6", "7"]),
        ],
    )
    def test_are_numbered_as_the_venue_does(self, numbering: str, seats: list[str]) -> None:
        assert seats_of_block(3, 7, numbering) == seats


class TestBlockProblem:
    @pytest.mark.parametrize(
        ("first", "last", "numbering", "problem"),
        [
            (1, 1, "consecutive", None),
            (1, 4, "consecutive", None),
            (1, 5, "consecutive", "at most 4 seats"),
            (2, 1, "consecutive", "must not be before"),
            (1, 7, "odd_even", None),
            (1, 9, "odd_even", "at most 4 seats"),
            (1, 4, "odd_even", "both odd or both even"),
            (1, 4, "general_admission", None),
        ],
    )
    def test_says_why_there_is_no_such_block(self, first: int, last: int, numbering: str, problem: str | None) -> None:
        found = block_problem(first, last, numbering, max_seats=4)
        assert (problem in found) if problem and found else found == problem


class TestIsLatin:
    @pytest.mark.parametrize("text", ["", "A 12-b~", "Ä", "Éß", "Łódź", " "])
    def test_knows_letters_that_look_like_themselves(self, text: str) -> None:
        assert is_latin(text)

    @pytest.mark.parametrize(
        "text", ["\u0410", "A\u0391", "10\u00b2", "\x1f", "\x7f", "\u00a0", "席", "\u271d", "\U00017000"]
    )
    def test_knows_the_others(self, text: str) -> None:
        assert not is_latin(text)


class TestSeatProblems:
    @given(st.lists(st.sampled_from(BLOCK), unique=True))
    def test_has_nothing_against_different_seats_of_the_block(self, wanted: list[str]) -> None:
        assert seat_problems(wanted, BLOCK) == []

    @given(st.lists(st.text(max_size=3), max_size=6))
    def test_names_every_other_seat_by_its_position(self, wanted: list[str]) -> None:
        good = {i for i, seat in enumerate(wanted) if seat in BLOCK and seat not in wanted[:i]}
        assert {int(problem.place[6:]) for problem in seat_problems(wanted, BLOCK)} == set(range(len(wanted))) - good

    def test_says_why(self) -> None:
        assert [problem.error() for problem in seat_problems(["2", "5", "2"], BLOCK)] == [
            ErrorDetail("Seat 5 is not in the season ticket (seats 1 to 4).", "seats.1", "seat_not_in_block"),
            ErrorDetail("Seat 2 is named twice.", "seats.2", "seat_not_in_block"),
        ]

    @pytest.mark.parametrize(
        ("block", "told"),
        [
            (["1", "3", "5"], "1 to 5"), (["7"], "7 to 7"), (["1", "2", "5"], "1, 2, 5"), (["01", "02"], "01, 02"),
            (["A", "B"], "A, B"), (["1", "B"], "1, B"), (["B", "1"], "B, 1"),
        ],
    )  # fmt: skip
    def test_tells_the_seats_that_are_there(self, block: list[str], told: str) -> None:
        [problem] = seat_problems(["x"], block)
        assert problem.error().detail == f"Seat x is not in the season ticket (seats {told})."
