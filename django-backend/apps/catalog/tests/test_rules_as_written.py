"""What a row of an export says, as far as it can be read: for previews, whatever is wrong with the row."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.catalog.rules.skybox_names import UnclearPair, UnclearSides
from apps.catalog.rules.skybox_rows import (
    MAX_NAME,
    SidesQuestion,
    as_written,
    facts_as_written,
    question_of,
    venue_id_of,
)
from apps.catalog.rules.skybox_text import RowRefused

NEW_YORK = ZoneInfo("America/New_York")
VENUE = {"id": 7, "name": "Citi  Field", "timeZone": "America/Chicago"}
ROW: dict[str, Any] = {"name": "A  vs. B", "date": "2027-05-20T19:10:00", "venue": VENUE}


def facts(raw: Any, zone: str = "America/New_York") -> Any:
    """Return what a row says, its venue being in `zone`, and what its zone was looked up by."""
    asked: list[tuple[int | None, str]] = []

    def zone_of(venue_id: int | None, named: str) -> str:
        asked.append((venue_id, named))
        return zone

    return facts_as_written(raw, zone_of=zone_of), asked


class TestFacts:
    def test_are_told_on_the_clock_of_the_venue(self) -> None:
        found, asked = facts(ROW)
        assert asked == [(7, "America/Chicago")]
        assert (found.name, found.venue, found.timezone) == ("A vs. B", "Citi Field", "America/New_York")
        assert found.starts_at == datetime(2027, 5, 20, 19, 10, tzinfo=NEW_YORK)
        assert found.starts_at.utcoffset() == timedelta(hours=-4)
        assert (found.time_tbd, found.date_tbd) == (False, False)

    def test_move_an_exact_time_to_that_clock(self) -> None:
        found, _ = facts({**ROW, "date": "2027-05-20T23:10:00Z"})
        assert found.starts_at == datetime(2027, 5, 20, 23, 10, tzinfo=UTC)
        assert found.starts_at.hour == 19

    def test_keep_the_local_time_where_no_zone_is_known(self) -> None:
        assert facts(ROW, zone="")[0].starts_at == datetime(2027, 5, 20, 19, 10)  # noqa: DTZ001

    @pytest.mark.parametrize(
        ("date", "is_open"), [("2027-05-20", True), ("2027-05-20T03:30:00", True), ("soon", False)]
    )
    def test_have_an_open_time_where_the_date_holds_its_place(self, date: str, is_open: bool) -> None:
        found, _ = facts({**ROW, "date": date})
        assert (found.time_tbd, found.starts_at is None) == (is_open, not is_open)

    @pytest.mark.parametrize("venue", [None, "Citi Field", 7, []])
    def test_lack_a_venue_that_is_none(self, venue: object) -> None:
        found, asked = facts({**ROW, "venue": venue})
        assert (found.venue, asked) == ("", [(None, "")])
        assert facts({"name": "A"})[1] == [(None, "")]

    def test_lack_a_zone_that_is_none(self) -> None:
        assert facts({**ROW, "venue": {**VENUE, "timeZone": "x" * 700}})[1] == [(7, "")]

    @pytest.mark.parametrize("raw", [None, [ROW], "row", 7])
    def test_are_none_of_what_is_no_row(self, raw: object) -> None:
        assert facts(raw) == (None, [])
        assert venue_id_of(raw) is None


class TestQuestion:
    PAIR = UnclearPair("A vs. B", "A", "B")

    def asked(self, raw: Any = ROW, pair: UnclearPair | None = PAIR) -> SidesQuestion | None:
        return question_of(raw, UnclearSides("A", "B", pair=pair))

    def test_is_of_the_pair_and_the_venue(self) -> None:
        assert self.asked() == SidesQuestion(self.PAIR, 7, "Citi Field")

    def test_is_none_without_a_pair_or_a_venue(self) -> None:
        assert self.asked(pair=None) is None
        assert question_of(ROW, RowRefused("invalid_name", "…")) is None
        for venue in (None, "Citi Field", {}, {"id": 0}, {"id": "x"}):
            assert self.asked({**ROW, "venue": venue}) is None

    @pytest.mark.parametrize("place", range(3))
    def test_is_none_about_names_that_cannot_be_stored(self, place: int) -> None:
        texts = ["A vs. B", "A", "B"]
        for length, is_asked in ((MAX_NAME, True), (MAX_NAME + 1, False)):
            texts[place] = "x" * length
            assert (self.asked(pair=UnclearPair(*texts)) is not None) == is_asked


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" A  at\tB ", "A at B"),
        ("A\x00B", "A\N{REPLACEMENT CHARACTER}B"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("x" * (MAX_NAME + 1), "x" * MAX_NAME),
        ("", ""),
        (None, ""),
        (7, ""),
        (["A"], ""),
    ],
)
def test_text_is_written_on_one_line_whatever_is_wrong_with_it(text: object, written: str) -> None:
    assert as_written(text) == written
