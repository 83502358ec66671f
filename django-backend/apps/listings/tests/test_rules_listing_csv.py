"""The parser of uploads, on files that nobody thought of."""

import contextlib
import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from apps.listings.errors.listings import ListingCsvUnreadable
from apps.listings.models import MAX_PRICE_CENTS, MAX_SEATS_PER_BLOCK
from apps.listings.rules.blocks import seats_of_block
from apps.listings.rules.csv_table import CsvRow, csv_rows
from apps.listings.rules.listing_csv import (
    COLUMNS,
    INPUT_COLUMNS,
    MAX_CENTS,
    MAX_NUMBER,
    NEEDED_COLUMNS,
    ListingRow,
    chosen_seats,
    listing_row,
    seats_text,
    terms_cells,
)
from apps.listings.rules.price_plans import FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms

ID = "0192f0c1-2d3e-7000-8000-000000000001"
NEEDED = {"season_ticket": ID, "event": ID, "price": "1"}
text_cells = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
cells = st.one_of(text_cells, st.from_regex(r"[0-9,;|: .\-to$=+']{0,12}", fullmatch=True))


def parsed(content: bytes) -> list[CsvRow]:
    return csv_rows(content, columns=COLUMNS, needed=NEEDED_COLUMNS)


def row_of(**filled: str) -> ListingRow:
    row = listing_row(CsvRow(2, {**NEEDED, **filled}))
    assert isinstance(row, ListingRow), row
    return row


class TestAnyFile:
    @given(st.binary(max_size=300))
    def test_of_bytes_is_rows_or_a_sentence(self, content: bytes) -> None:
        with contextlib.suppress(ListingCsvUnreadable):
            assert parsed(content)

    @given(st.binary(max_size=200))
    def test_below_a_good_header_is_rows_or_a_sentence(self, content: bytes) -> None:
        try:
            rows = parsed(b"season_ticket,event,price,seats\n" + content)
        except ListingCsvUnreadable:
            return
        for row in rows:
            assert listing_row(row)

    @given(st.fixed_dictionaries(dict.fromkeys(INPUT_COLUMNS, cells)))
    def test_of_cells_gives_values_or_problems_of_its_columns(self, row: dict[str, str]) -> None:
        found = listing_row(CsvRow(2, {column: cell.strip() for column, cell in row.items()}))
        if not isinstance(found, ListingRow):
            assert found
            assert {problem.column for problem in found} <= set(INPUT_COLUMNS)

    @given(
        st.lists(st.fixed_dictionaries(dict.fromkeys(INPUT_COLUMNS, text_cells)), min_size=1, max_size=4),
        st.sampled_from(",;"),
        st.sampled_from(["\n", "\r\n", "\r"]),
    )
    def test_is_read_as_it_was_written(self, rows: list[dict[str, str]], delimiter: str, line_end: str) -> None:
        """RFC 4180 quoting, either delimiter, any line end; blank rows are passed over."""
        file = io.StringIO(newline="")
        writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL)
        writer.writerow(INPUT_COLUMNS)
        writer.writerows([[row[column] for column in INPUT_COLUMNS] for row in rows])
        kept = [{column: cell.strip() for column, cell in row.items()} for row in rows]
        kept = [row for row in kept if any(row.values()) and not any(cell.startswith("'") for cell in row.values())]
        if len(kept) < len(rows):
            return
        assert [row.cells for row in parsed(file.getvalue().encode())] == kept


class TestCells:
    @given(st.data(), st.sampled_from(["consecutive", "odd_even"]), st.integers(1, 50), st.integers(1, 12))
    def test_seats_are_read_as_they_are_written(self, data: st.DataObject, numbering: str, first: int, n: int) -> None:
        step = 2 if numbering == "odd_even" else 1
        block = seats_of_block(first, first + (n - 1) * step, numbering)
        wanted = data.draw(st.lists(st.sampled_from(block), min_size=1, unique=True))
        row = row_of(seats=seats_text(wanted, block))
        assert row.seats is not None
        assert chosen_seats(row.seats, block) == (sorted(wanted, key=block.index), [])

    def test_terms_are_read_as_they_are_written(self) -> None:
        terms = ListingTerms(
            floor_cents=1_050,
            floor_basis=FloorBasis.NET,
            price_steps=(PriceStep(30, 500), PriceStep(0, 9_000)),
            split_rule=SplitRule.CUSTOM,
            custom_quantities=(2, 4),
            disclosures=("aisle", "piggyback"),
            notes="-1 for you",
        )
        assert row_of(**terms_cells(terms)).terms == terms

    def test_limits_are_those_of_the_models(self) -> None:
        assert MAX_CENTS == MAX_PRICE_CENTS
        assert MAX_NUMBER > MAX_SEATS_PER_BLOCK
