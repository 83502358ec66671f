"""Rows of a SkyBox export, checked and read without a database."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.rules.skybox_rows import SkyBoxRow, looks_like_row, parse_row, skybox_id
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, RowSkipped
from apps.catalog.testing.stories import skybox_row, skybox_venue

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
    def test_keeps_a_url_as_it_stands(self, url: str) -> None:
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
    def test_gives_a_row_or_a_code_whatever_one_field_holds(self, key: str, value: Any) -> None:
        self.accepted_or_refused(skybox_row(**{key: value}))

    @settings(max_examples=400)
    @given(venue_keys, json_values)
    def test_gives_a_row_or_a_code_whatever_a_field_of_the_venue_holds(self, key: str, value: Any) -> None:
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
