"""Seats of a block, as values."""

from hypothesis import given
from hypothesis import strategies as st

from apps.listings.rules.blocks import seat_problems, seats_of_block

BLOCK = seats_of_block(1, 4)


class TestSeatsOfBlock:
    @given(st.integers(1, 99_999), st.integers(0, 99))
    def test_counts_first_and_last(self, first: int, more: int) -> None:
        seats = seats_of_block(first, first + more)
        assert (seats[0], seats[-1], len(seats)) == (str(first), str(first + more), more + 1)


class TestSeatProblems:
    @given(st.lists(st.sampled_from(BLOCK), unique=True))
    def test_has_nothing_against_different_seats_of_the_block(self, wanted: list[str]) -> None:
        assert seat_problems(wanted, BLOCK) == {}

    @given(st.lists(st.text(max_size=3), max_size=6))
    def test_names_every_other_seat_by_its_position(self, wanted: list[str]) -> None:
        good = {i for i, seat in enumerate(wanted) if seat in BLOCK and seat not in wanted[:i]}
        assert set(seat_problems(wanted, BLOCK)) == set(range(len(wanted))) - good

    def test_says_why(self) -> None:
        assert seat_problems(["2", "5", "2"], BLOCK) == {
            1: "Seat 5 is not in the season ticket (seats 1 to 4).",
            2: "Seat 2 is named twice.",
        }
