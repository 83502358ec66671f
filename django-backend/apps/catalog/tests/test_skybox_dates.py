"""Dates of SkyBox events, told on the clock of the venue."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.rules.skybox_dates import StartTime, parse_date, start_time
from apps.catalog.rules.skybox_text import RowRefused

ZONES = ["America/New_York", "America/Phoenix", "America/Sao_Paulo", "Europe/London", "Australia/Lord_Howe"]

FIRST, LAST = datetime.fromisoformat("2000-01-02"), datetime.fromisoformat("2100-12-30")


def start(value: Any, zone: str = "America/New_York", *, time_tbd: bool = False) -> StartTime:
    return start_time(parse_date(value), zone=ZoneInfo(zone), time_tbd=time_tbd)


def code_of(value: Any, zone: str = "America/New_York") -> str | None:
    """Return the code with which a date is refused, None when it is not."""
    try:
        start(value, zone)
    except RowRefused as refusal:
        return refusal.code
    return None


class TestParseDate:
    """`parse_date`."""

    @pytest.mark.parametrize(
        "value",
        [
            "2025-09-04T20:20:00",
            "2025-09-04T20:20:00.000",
            "2025-09-04 20:20:00",
            "2025-09-04T20:20",
            " 2025-09-04T20:20:00 ",
            "2025-09-05T00:20:00Z",
            "2025-09-04T20:20:00-04:00",
            "2025-09-04T20:20:00.000-0400",
            "2025-09-05T02:20:00+02:00",
            "2025-09-04T14:20:00-10:00",
            "2025-09-05T05:50:00+05:30",
        ],
    )
    def test_reads_every_form_of_one_moment(self, value: str) -> None:
        assert start(value) == StartTime(datetime(2025, 9, 5, 0, 20, tzinfo=UTC), time_tbd=False, ambiguous=False)

    @pytest.mark.parametrize(
        "value",
        [
            None,
            True,
            1757031600000,
            ["2025-09-04"],
            "",
            "soon",
            "09/04/2025",
            "2025-02-30T20:20:00",
            "2025-13-01",
            "2025-09-04T24:00:00",
            "2025-09-04T20:20:60",
            "2025-09-04T20",
            "2025-09-04T20:20:00+25:00",
            "٢٠٢٥-09-04",
            "2025-09-04T20:20:00\x00",
        ],
    )
    def test_refuses_what_is_no_date(self, value: Any) -> None:
        assert code_of(value) == "invalid_date"

    @pytest.mark.parametrize("value", ["1999-12-31T20:00:00", "0000-01-01", "2101-01-01", "9999-12-31T23:59:59-11:00"])
    def test_refuses_years_that_no_season_has(self, value: str) -> None:
        assert code_of(value) == "date_out_of_range"

    @pytest.mark.parametrize("value", ["2000-01-01T13:00:00", "2100-12-31T13:00:00"])
    def test_takes_the_first_and_the_last_year(self, value: str) -> None:
        assert code_of(value) is None

    @pytest.mark.parametrize(("fraction", "microsecond"), [("5", 500_000), ("000001", 1), ("123456789", 123_456)])
    def test_reads_a_fraction_to_the_microsecond(self, fraction: str, microsecond: int) -> None:
        assert parse_date(f"2025-09-04T20:20:00.{fraction}") == datetime(2025, 9, 4, 20, 20, 0, microsecond)  # noqa: DTZ001

    @given(st.text() | st.integers() | st.floats() | st.none() | st.booleans() | st.lists(st.integers()))
    def test_gives_a_date_or_a_code_for_any_value(self, value: Any) -> None:
        assert code_of(value) in {None, "invalid_date", "date_out_of_range"}


class TestStartTime:
    """`start_time`."""

    @given(st.datetimes(min_value=FIRST, max_value=LAST), st.sampled_from(ZONES))
    def test_gives_back_the_local_time_it_was_given(self, local: datetime, zone: str) -> None:
        value, clock = local.isoformat(), ZoneInfo(zone)
        if code_of(value, zone) is not None:
            assert code_of(value, zone) == "nonexistent_local_time"
            assert local.replace(tzinfo=clock).astimezone(UTC).astimezone(clock).replace(tzinfo=None) != local
            return
        result = start(value, zone)
        assert result.starts_at.utcoffset() == timedelta()
        assert result.starts_at.astimezone(clock).replace(tzinfo=None) == local or result.time_tbd

    def test_refuses_a_time_that_the_clocks_jump_over(self) -> None:
        assert code_of("2025-03-09T02:30:00") == "nonexistent_local_time"
        assert start("2025-03-09T02:30:00", "America/Phoenix").starts_at == datetime(2025, 3, 9, 9, 30, tzinfo=UTC)

    def test_takes_the_first_of_two_equal_local_times(self) -> None:
        assert start("2025-11-02T01:30:00") == StartTime(
            datetime(2025, 11, 2, 5, 30, tzinfo=UTC), time_tbd=False, ambiguous=True
        )

    def test_takes_an_exact_moment_for_what_it_is_when_clocks_go_back(self) -> None:
        assert start("2025-11-02T01:30:00-05:00") == StartTime(
            datetime(2025, 11, 2, 6, 30, tzinfo=UTC), time_tbd=False, ambiguous=False
        )

    @pytest.mark.parametrize(
        "value", ["2025-09-04", "2025-09-04T00:00:00", "2025-09-04 03:30", "2025-09-04T07:30:00Z", "2025-09-04T04:00Z"]
    )
    def test_takes_a_placeholder_for_a_time_to_be_decided(self, value: str) -> None:
        assert start(value).time_tbd

    def test_keeps_the_day_of_a_date_alone(self) -> None:
        assert start("2025-09-04") == StartTime(datetime(2025, 9, 4, 4, tzinfo=UTC), time_tbd=True, ambiguous=False)

    @pytest.mark.parametrize("value", ["2025-09-04T00:00:01", "2025-09-04T15:30:00", "2025-09-04T00:00:00Z"])
    def test_takes_other_times_for_times(self, value: str) -> None:
        assert not start(value).time_tbd

    def test_does_not_refuse_a_placeholder_that_the_clocks_jump_over(self) -> None:
        """In Cairo the clocks go forward at midnight."""
        result = start("2025-04-25", "Africa/Cairo")
        assert result == StartTime(datetime(2025, 4, 24, 22, 0, tzinfo=UTC), time_tbd=True, ambiguous=False)

    def test_keeps_the_word_of_the_name(self) -> None:
        assert start("2025-09-04T13:00:00", time_tbd=True).time_tbd
