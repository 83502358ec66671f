"""SkyBox exports as they are read: the file, its rows and their dates."""

import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.errors import SkyBoxFileRefused
from apps.catalog.rules.skybox_dates import StartTime, parse_date, start_time
from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.rules.skybox_rows import SkyBoxRow, looks_like_row, parse_row, skybox_id
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, RowSkipped
from apps.catalog.services.skybox_file import skybox_export_open
from apps.catalog.testing.stories import skybox_row, skybox_venue


def opened(content: bytes) -> tuple[list[Any], int | None]:
    export = skybox_export_open(file=io.BytesIO(content))
    return list(export.rows()), export.row_count


class TestSkyboxExportOpen:
    """`skybox_export_open`."""

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b'{"rows": [1, 2], "rowCount": 2, "totals": null}', ([1, 2], 2)),
            (b'{"totals": {"rows": [9]}, "rowCount": 3, "rows": [1, 2]}', ([1, 2], 3)),
            (b'{"rowCount": null, "rows": []}', ([], None)),
            (b'{"rowCount": true, "rows": []}', ([], None)),
            (b'{"rowCount": "2", "rows": []}', ([], None)),
            (b"[1, 2]", ([1, 2], None)),
            (b" \n[]", ([], None)),
            (b"\xef\xbb\xbf[1]", ([1], None)),
            (b'[{"rows": 5, "rowCount": 7}]', ([{"rows": 5, "rowCount": 7}], None)),
            ('["São Paulo"]'.encode(), (["São Paulo"], None)),
        ],
    )
    def test_reads_envelope_and_rows(self, content: bytes, expected: tuple[list[Any], int | None]) -> None:
        assert opened(content) == expected

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"not JSON",
            b"<html>",
            b'{"rows": [{"id": 1}, {"id": 2',
            b'{"rows": []} trailing',
            b'["\xff"]',
            b"[1e9999999999999999999]",
            b"\xff\xfe[\x00]\x00",
            b"\x1f\x8b\x08",
        ],
    )
    def test_refuses_what_is_not_complete_json(self, content: bytes) -> None:
        with pytest.raises(SkyBoxFileRefused, match="not complete, valid JSON") as refusal:
            opened(content)
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize(
        "content", [b"5", b'"rows"', b"null", b"{}", b'{"events": []}', b'{"rows": {}}', b'{"rows": {"item": {}}}']
    )
    def test_refuses_what_is_not_an_export(self, content: bytes) -> None:
        with pytest.raises(SkyBoxFileRefused, match="not a SkyBox export"):
            opened(content)

    @pytest.mark.parametrize("padding", [0, 1 << 20, (1 << 20) - 2500])
    def test_refuses_a_number_that_would_crash_the_parser(self, padding: int) -> None:
        """Also when the number lies across two blocks of the look through the file."""
        with pytest.raises(SkyBoxFileRefused, match="hundreds of digits"):
            opened(b"[" + b" " * padding + b"1" * 5000 + b"]")

    def test_reads_numbers_of_any_sensible_size(self) -> None:
        assert opened(b"[18446744073709551616, 1e300]")[0] == [2**64, Decimal("1e300")]

    def test_refuses_absurd_nesting_before_it_eats_the_memory(self) -> None:
        with pytest.raises(SkyBoxFileRefused, match="levels deep"):
            opened(b"[" * 1_000_000 + b"]" * 1_000_000)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
keys = st.sampled_from(["id", "name", "date", "venue", "stubhubEventUrl", "disabled"])
venue_keys = st.sampled_from(["id", "name", "city", "state", "country", "timeZone"])


def refusal_of(raw: Any) -> RowRefused:
    with pytest.raises(RowRefused) as refusal:
        parse_row(raw)
    return refusal.value


class TestParseRow:
    """`parse_row`."""

    def test_reads_a_good_row(self) -> None:
        row = parse_row(skybox_row(name="Preseason - Dallas Cowboys at  Philadelphia Eagles (Time TBD)"))
        assert row.skybox_event_id == 9000001
        assert (row.name.away, row.name.home) == ("Dallas Cowboys", "Philadelphia Eagles")
        assert row.name.additional_info == "Preseason, Time TBD"
        assert (row.venue.skybox_venue_id, row.venue.timezone) == (910069, "America/New_York")
        assert row.stubhub_event_url == "https://www.stubhub.com/event/159000001/"

    @pytest.mark.parametrize(
        ("raw", "code"),
        [
            (None, "invalid_row"),
            (["a"], "invalid_row"),
            ({}, "invalid_id"),
            (skybox_row(id=True), "invalid_id"),
            (skybox_row(id=0), "invalid_id"),
            (skybox_row(id=-1), "invalid_id"),
            (skybox_row(id=1.5), "invalid_id"),
            (skybox_row(id=2**63), "invalid_id"),
            (skybox_row(id="9000001x"), "invalid_id"),
            (skybox_row(name=None), "invalid_name"),
            (skybox_row(name="  "), "invalid_name"),
            (skybox_row(name=7), "invalid_name"),
            (skybox_row(name="A\x00 at B"), "nul_character"),
            (skybox_row(name="A\ud800 at B"), "nul_character"),
            (skybox_row(name=f"{'A' * 200} at B"), "too_long"),
            (skybox_row(name=f"A at B ({'n' * 301})"), "too_long"),
            (skybox_row(name="n" * 10_000), "too_long"),
            (skybox_row(name="A at A"), "same_team"),
            (skybox_row(date="tomorrow"), "invalid_date"),
            (skybox_row(date="1970-01-01"), "date_out_of_range"),
            (skybox_row(venue=None), "missing_venue"),
            (skybox_row(venue="Lincoln Financial Field"), "invalid_venue"),
            (skybox_row(venue={}), "invalid_venue"),
            (skybox_row(venue=skybox_venue(id=None)), "invalid_venue"),
            (skybox_row(venue=skybox_venue(name=5)), "invalid_venue"),
            (skybox_row(venue=skybox_venue(city=["x"])), "invalid_venue"),
            (skybox_row(venue=skybox_venue(city="c" * 101)), "too_long"),
            (skybox_row(venue=skybox_venue(name="n" * 201)), "too_long"),
            (skybox_row(venue=skybox_venue(timeZone=-5)), "unknown_time_zone"),
            (skybox_row(stubhubEventUrl=5), "invalid_url"),
            (skybox_row(stubhubEventUrl="stubhub.com/event/1"), "invalid_url"),
            (skybox_row(stubhubEventUrl="javascript:alert(1)"), "invalid_url"),
            (skybox_row(stubhubEventUrl="https://"), "invalid_url"),
            (skybox_row(stubhubEventUrl="https://[::1"), "invalid_url"),
            (skybox_row(stubhubEventUrl="https://example.com/a b"), "invalid_url"),
            (skybox_row(stubhubEventUrl="https://example.com/\x00"), "invalid_url"),
            (skybox_row(stubhubEventUrl="https://example.com/\u202e"), "invalid_url"),
            (skybox_row(stubhubEventUrl="ftp://example.com/"), "invalid_url"),
            (skybox_row(stubhubEventUrl=f"https://example.com/{'a' * 500}"), "invalid_url"),
        ],
    )
    def test_refuses_a_bad_row_with_a_code_and_a_sentence(self, raw: Any, code: str) -> None:
        refusal = refusal_of(raw)
        assert refusal.code == code
        assert not isinstance(refusal, RowSkipped)
        assert refusal.detail.endswith(".")
        assert str(refusal) == refusal.detail

    @pytest.mark.parametrize(
        ("row", "most"),
        [
            (lambda text: skybox_row(name=f"{text[5:]} at B"), 200),
            (lambda text: skybox_row(name=f"A at B ({text})"), 300),
            (lambda text: skybox_row(venue=skybox_venue(name=text)), 200),
            (lambda text: skybox_row(venue=skybox_venue(city=text)), 100),
            (lambda text: skybox_row(venue=skybox_venue(state=text)), 50),
            (lambda text: skybox_row(venue=skybox_venue(country=text)), 600),
            (lambda text: skybox_row(venue=skybox_venue(timeZone=text)), 600),
            (lambda text: skybox_row(stubhubEventUrl=f"https://example.com/{text[20:]}"), 500),
        ],
        ids=["name", "notes", "venue", "city", "state", "country", "zone", "url"],
    )
    def test_takes_text_up_to_its_length(self, row: Callable[[str], dict[str, Any]], most: int) -> None:
        assert parse_row(row("n" * most))
        assert refusal_of(row("n" * (most + 1))).code in {"too_long", "invalid_url"}

    def test_takes_all_that_it_can_read_of_a_venue(self) -> None:
        venue = parse_row(skybox_row(venue=skybox_venue(name=" The  Linc ", city="Philadelphia", state="PA"))).venue
        assert (venue.name, venue.city, venue.state, venue.country) == ("The Linc", "Philadelphia", "PA", "US")

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"disabled": True}, "disabled"),
            ({"name": "PARKING PASSES ONLY A at B"}, "parking"),
            ({"venue": skybox_venue(name="Lincoln Financial Field Parking Lots")}, "parking"),
            ({"name": "Eagles Season Tickets", "date": None, "venue": None}, "package"),
        ],
    )
    def test_skips_what_is_no_game(self, changes: dict[str, Any], code: str) -> None:
        refusal = refusal_of(skybox_row(**changes))
        assert isinstance(refusal, RowSkipped)
        assert refusal.code == code

    @pytest.mark.parametrize(
        ("zone", "expected"),
        [
            ("America/Denver", "America/Denver"),
            ({"id": "America/Denver"}, "America/Denver"),
            ({"id": 5, "name": "America/Denver"}, "America/Denver"),
            ({"id": 5}, "{'id': 5}"),
            (" America/Denver ", "America/Denver"),
            (None, ""),
        ],
    )
    def test_finds_the_zone_in_text_or_object(self, zone: Any, expected: str) -> None:
        assert parse_row(skybox_row(venue=skybox_venue(timeZone=zone))).venue.timezone == expected

    @pytest.mark.parametrize(
        ("country", "expected"), [("us", "US"), ("United States", ""), ("USA", ""), ("1a", ""), (None, "")]
    )
    def test_keeps_a_country_that_is_an_iso_code(self, country: str | None, expected: str) -> None:
        assert parse_row(skybox_row(venue=skybox_venue(country=country))).venue.country == expected

    @pytest.mark.parametrize("url", [None, "", "  "])
    def test_takes_no_url_for_no_url(self, url: str | None) -> None:
        assert parse_row(skybox_row(stubhubEventUrl=url)).stubhub_event_url == ""

    @pytest.mark.parametrize("url", ["https://www.stubhub.com/event/1/?", "HTTP://example.com/É"])
    def test_keeps_a_url_unchanged(self, url: str) -> None:
        assert parse_row(skybox_row(stubhubEventUrl=url)).stubhub_event_url == url

    def test_knows_teams_by_what_it_is_given(self) -> None:
        teams = {"Texas at San Antonio", "Army"}
        raw = skybox_row(name="Texas at San Antonio at Army - Half Season Ticket Holder Night")
        assert refusal_of(raw).code == "package"
        assert parse_row(raw, is_team=teams.__contains__).name.home == "Army"
        raw = skybox_row(name="Army vs. Navy")
        assert parse_row(raw).name.home is None
        with pytest.raises(RowDoubtful, match="may mean 'Army at Navy' or 'Navy at Army'"):
            parse_row(raw, named=lambda text: [text] if text in teams else [])

    def test_takes_a_long_url_that_a_replacement_shortens(self) -> None:
        replacements = parse_replacements('{"stubhub_event_url": {"x+$": ""}}')
        long, longer = (skybox_row(stubhubEventUrl="https://example.com/".ljust(length, "x")) for length in (600, 601))
        assert parse_row(long, replacements=replacements).stubhub_event_url == "https://example.com/"
        with pytest.raises(RowRefused, match="at most 500 characters"):
            parse_row(longer, replacements=replacements)

    def test_makes_replacements_before_it_reads(self) -> None:
        replacements = parse_replacements(
            r'{"name": {"\\bSt Louis\\b": "St. Louis"}, "venue_name": {" ?parking lots$": ""},'
            r' "stubhub_event_url": {"/\\?$": "/"}}'
        )
        raw = skybox_row(
            name="A at ST LOUIS Blues",
            venue=skybox_venue(name="Arena Parking Lots"),
            stubhubEventUrl="https://example.com/event/1/?",
        )
        row = parse_row(raw, replacements=replacements)
        assert (row.name.home, row.venue.name) == ("St. Louis Blues", "Arena")
        assert row.stubhub_event_url == "https://example.com/event/1/"

    @pytest.mark.parametrize(
        ("column", "raw", "code"),
        [
            ("name", skybox_row(name="A at B" + "x" * 100), "too_long"),
            ("venue_name", skybox_row(venue=skybox_venue(name="x" * 100)), "too_long"),
            ("stubhub_event_url", skybox_row(stubhubEventUrl="https://example.com/" + "x" * 100), "invalid_url"),
            ("stubhub_event_url", skybox_row(stubhubEventUrl="https://example.com/\ud800x"), "invalid_url"),
        ],
    )
    def test_refuses_what_a_replacement_makes_too_long_or_cannot_read(
        self, column: str, raw: dict[str, Any], code: str
    ) -> None:
        replacements = parse_replacements(f'{{"{column}": {{"x": "{"y" * 300}", "y": "{"z" * 300}"}}}}')
        with pytest.raises(RowRefused) as refusal:
            parse_row(raw, replacements=replacements)
        assert refusal.value.code == code

    @settings(max_examples=400)
    @given(json_values)
    def test_gives_a_row_or_a_code_for_any_value(self, raw: Any) -> None:
        self.accepted_or_refused(raw)

    @settings(max_examples=400)
    @given(keys, json_values)
    def test_gives_a_row_or_a_code_for_any_value_of_a_field(self, key: str, value: Any) -> None:
        self.accepted_or_refused(skybox_row(**{key: value}))

    @settings(max_examples=400)
    @given(venue_keys, json_values)
    def test_gives_a_row_or_a_code_for_any_value_of_a_field_of_the_venue(self, key: str, value: Any) -> None:
        self.accepted_or_refused(skybox_row(venue=skybox_venue(**{key: value})))

    @staticmethod
    def accepted_or_refused(raw: Any) -> None:
        result: SkyBoxRow | RowRefused
        try:
            result = parse_row(raw)
        except RowRefused as refusal:
            result = refusal
        if isinstance(result, RowRefused):
            assert result.code
            assert len(result.detail) < 300
        else:
            assert 0 < len(result.name.name) <= 200


class TestSkyboxId:
    """`skybox_id`."""

    @pytest.mark.parametrize(("value", "expected"), [(1, 1), (2**63 - 1, 2**63 - 1), ("9000001", 9000001), ("007", 7)])
    def test_takes_numbers_and_their_digits(self, value: Any, expected: int) -> None:
        assert skybox_id(value) == expected
        assert skybox_id(str(value)) == expected

    @pytest.mark.parametrize("value", ["", "-1", "1.0", " 1", "²", "٣", "9" * 5000, None, {}, False])
    def test_takes_nothing_else(self, value: Any) -> None:
        assert skybox_id(value) is None


class TestLooksLikeRow:
    """`looks_like_row`."""

    def test_wants_an_object_with_id_and_date(self) -> None:
        assert looks_like_row({"id": None, "date": None})
        assert not looks_like_row({"id": 1})
        assert not looks_like_row({"date": 1})
        assert not looks_like_row(["id", "date"])


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
