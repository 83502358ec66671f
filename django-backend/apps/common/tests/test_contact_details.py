"""Time zones and phone numbers of people."""

from zoneinfo import ZoneInfo

import phonenumbers
import pytest
from django.core.exceptions import ValidationError

from apps.common.phones import COUNTRIES, country_of, phone_number
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


class TestCountry:
    @pytest.mark.parametrize(
        ("address", "country"),
        [
            ("", "US"),
            ("1 Pattison Avenue, Philadelphia", "US"),
            ("1 Pattison Avenue, Philadelphia, PA 19148", "US"),
            ("1 Main Street, Newark, New Jersey", "US"),
            ("5 Plaza, Santa Fe, New Mexico", "US"),
            ("1 Peachtree Street, Atlanta, Georgia", "US"),
            ("Ontario, CA", "US"),
            ("1 Main St, Philadelphia, PA 19104, U.S.A.", "US"),
            ("1 Yonge Street, Toronto, ON M5V 2T6, Canada", "CA"),
            ("1 Yonge Street, Toronto, Canada M5V 2T6", "CA"),
            ("10 Downing Street, London SW1A 2AA, UK", "GB"),
            ("10 Downing Street, London, united kingdom", "GB"),
            ("Unter den Linden 1, 10117 Berlin, Deutschland", "DE"),
            ("Reforma 1, CDMX, México", "MX"),
            ("Boulevard du 13 Janvier 1, Lomé, Togo", "TG"),
            ("Bridge Street 1, Castries, Saint Lucia", "LC"),
        ],
    )
    def test_is_what_the_address_ends_with(self, address: str, country: str) -> None:
        assert country_of(address) == country

    def test_of_every_region_with_a_numbering_plan_is_known(self) -> None:
        """But for islands that few live on, and for Georgia, which is a state at the end of an address."""
        few = {"AC", "AX", "BL", "BQ", "CC", "CX", "EH", "IO", "MF", "NF", "SH", "SJ", "TA", "TK", "WF"}
        assert phonenumbers.SUPPORTED_REGIONS - set(COUNTRIES.values()) == few | {"GE"}


class TestPhoneNumber:
    @pytest.mark.parametrize(
        ("text", "address", "number"),
        [
            ("(215) 555-0123", "1 Pattison Avenue, Philadelphia", "+12155550123"),
            ("215.555.0123", "1 Pattison Avenue, Philadelphia", "+12155550123"),
            ("1-215-555-0123", "", "+12155550123"),
            ("+1 (215) 555-0123", "10 Downing Street, London, UK", "+12155550123"),
            ("020 7946 0958", "10 Downing Street, London, UK", "+442079460958"),
            ("+44 20 7946 0958", "", "+442079460958"),
            ("(416) 555-0123", "1 Yonge Street, Toronto, Canada", "+14165550123"),
            ("030 1234567", "10117 Berlin, Germany", "+49301234567"),
        ],
    )
    def test_is_read(self, text: str, address: str, number: str) -> None:
        assert phone_number(text, address=address) == number

    @pytest.mark.parametrize(
        ("text", "address"),
        [
            ("020 7946 0958", "1 Pattison Avenue, Philadelphia"),
            ("(215) 555-0123", "10 Downing Street, London, UK"),
            ("+1999", ""),
            ("12", ""),
            ("nobody", ""),
            ("", ""),
            ("5" * 100_000, ""),
        ],
    )
    def test_of_another_country_or_of_none_is_refused(self, text: str, address: str) -> None:
        with pytest.raises(ValueError, match="international form"):
            phone_number(text, address=address)

    def test_has_no_extension(self) -> None:
        with pytest.raises(ValueError, match="extension"):
            phone_number("(215) 555-0123 ext. 7", address="")
