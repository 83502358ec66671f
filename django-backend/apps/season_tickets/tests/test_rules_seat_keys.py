"""What printed places read like."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.common.characters import is_latin
from apps.common.text import normalise_printed
from apps.season_tickets.rules.seat_keys import first_alike, folded, not_alike_reason, place_key

ALIKE = [
    # of the issue
    ("101", "Section 101"), ("5", "Row 5"), ("5", "005"), ("SA", "S\u1d00"), ("S!", "S\u01c3"), ("SO", "S0"),
    ("A", "A."), ("LOGE - 12", "LOGE-12"),
    # words, glued and abbreviated, in any spelling
    ("101", "sec. 101"), ("101", "SECT 101"), ("101", "Sec101"), ("101", "SECTI0N 101"), ("A", "Rw A"), ("A", "RowA"),
    ("12", "R0W 012"), ("LOGE 12", "Loge Section 12"), ("5", "Seat 5"), ("101", "Section Sec 101"),
    ("SECTION", "SECTI0N"), ("ROW", "R0W"),
    # numbers
    ("7", "#7"), ("7", "00007"), ("A7", "A-07"), ("10", "I0"), ("110", "11O"), ("0", "000"), ("\uff11\uff10", "10"),
    # look-alikes and accents
    ("C", "\u1d04"), ("N", "\u0274"), ("\u00d8", "O"), ("L", "\u0141"), ("R", "\u01a6"), ("1", "\u01c0"),
    ("2", "\u01a7"), ("3", "\u01b7"), ("5", "\u01bc"), ("BALCON", "Balc\u00f3n"), ("AE", "\u00c6"), ("A", "\u0410"),
    ("B", "\u0392"), ("I", "|"), ("D", "\u00d0"), ("K", "\u1d0b"), ("Q", "\u024a"),
    ("!", "\u01c3"), ("105", "1\u030105"),
    # case, spaces, signs
    ("mezz 3", "MEZZ3"), ("B/C", "BC"), ("MEZZ.3", "Mezz (3)"), ("A'", "A"), ("A\u2013B", "A-B"),
]  # fmt: skip
APART = [
    ("101", "102"), ("A", "B"), ("A", "AA"), ("12", "21"), ("5", "S"), ("8", "B"), ("ROW", "SECTION"), ("1", "L"),
    ("*", "-"), ("10", "1"), ("100", "10"), ("A1", "A10"), ("SEC", "ROW"), ("W", "VV"), ("!", "?"), ("R5", "5"),
]  # fmt: skip
words = st.text(st.sampled_from("SECTIONROWAseatrw0159I .-!|#\u1d00\u00d8\u01c1"), max_size=30)


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_alike(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(("one", "other"), APART)
def test_apart(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(st.one_of(words, st.text(max_size=30)))
@example("SE C5")
@example("SECTION")
@example("1-0 5")
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


@given(st.one_of(words, st.text(max_size=30)))
def test_what_is_stored_alike_reads_alike(text: str) -> None:
    """So the index over what is read holds whatever the one over what is printed held."""
    assert folded(normalise_printed(text)) == folded(text)


@given(st.one_of(words, st.text(max_size=30)))
@example("\u0301")
def test_something_reads_like_something(text: str) -> None:
    """An empty form would be the twin of every other empty one."""
    assert bool(folded(text)) == bool(normalise_printed(text))


@given(st.text(st.characters(codec="ascii"), max_size=30), st.text(st.characters(codec="ascii"), max_size=30))
def test_a_key_tells_section_from_row(section: str, row: str) -> None:
    assert place_key(section, row) == f"{folded(section)}|{folded(row)}"
    assert "|" not in folded(section) + folded(row)


def test_a_key_fits_its_column() -> None:
    """Whatever character of those that input takes, thirty of it."""
    for number in range(0x110000):
        printed = normalise_printed(chr(number)) if not 0xD800 <= number < 0xE000 else ""
        if printed and is_latin(printed):
            assert len(folded(printed)) <= 3 * len(printed), printed


def test_first_alike() -> None:
    assert first_alike(["A", "B", "C"]) is None
    assert first_alike([]) is None
    assert first_alike(["1", "A", "a.", "01"]) == (1, 2)


def test_exceptions_are_for_places_that_read_alike() -> None:
    assert not_alike_reason("101", "A", "101", "A.") is None
    assert not_alike_reason("101", "A", "101", "A") == "Both are the same place."
    for section, row, other_row in [("101", "A", "B"), ("101", "B", "A"), ("102", "A", "A.")]:
        assert "do not read alike" in str(not_alike_reason(section, row, "101", other_row))
