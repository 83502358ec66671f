"""Which time zones are taken, and what is suggested in place of the others."""

from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from apps.common.time import REGION_OF_OFFSET, every_time_zone_name, time_zone_names, validate_time_zone


class TestValidateTimeZone:
    @pytest.mark.parametrize(
        "name", ["America/New_York", "America/Argentina/Buenos_Aires", "Europe/London", "Pacific/Apia"]
    )
    def test_takes_regions(self, name: str) -> None:
        validate_time_zone(name)

    @pytest.mark.parametrize(
        ("name", "near"),
        [
            ("EST", "America/New_York"),
            ("EDT", "America/New_York"),
            ("est5edt", None),
            ("EST5EDT", "America/New_York"),
            ("CST", "America/Chicago"),
            ("MST", "America/Denver"),
            ("MST7MDT", "America/Denver"),
            ("pst", "America/Los_Angeles"),
            ("PT", "America/Los_Angeles"),
            ("HST", "Pacific/Honolulu"),
            ("Etc/GMT+6", "America/Chicago"),
            ("Etc/GMT+5", "America/New_York"),
            ("US/Eastern", "America/New_York"),
            ("Canada/Pacific", "America/Los_Angeles"),
            ("UTC", "Europe/London"),
            ("GMT", "Europe/London"),
            ("Etc/UTC", "Europe/London"),
            ("America/NewYork", "America/New_York"),
        ],
    )
    def test_refuses_all_others_and_suggests_the_nearest_region(self, name: str, near: str | None) -> None:
        with pytest.raises(ValidationError) as refusal:
            validate_time_zone(name)
        assert refusal.value.code == "unknown_time_zone"
        if near:
            assert refusal.value.messages[0].endswith(f" Did you mean {near}?")

    @pytest.mark.parametrize("name", ["", "America", "Factory", "localtime", "posixrules", "../etc/passwd", "x" * 600])
    def test_refuses_what_is_no_zone(self, name: str) -> None:
        with pytest.raises(ValidationError):
            validate_time_zone(name)


class TestTimeZoneNames:
    def test_have_no_fixed_offsets(self) -> None:
        left_out = every_time_zone_name() - time_zone_names()
        assert {"UTC", "EST", "MST", "Etc/GMT+6", "US/Eastern"} <= left_out
        assert {"America/New_York", "America/Toronto", "America/Sao_Paulo"} <= time_zone_names()

    def test_hold_every_suggestion(self) -> None:
        assert set(REGION_OF_OFFSET.values()) <= time_zone_names()
        assert all(ZoneInfo(name) for name in REGION_OF_OFFSET.values())
