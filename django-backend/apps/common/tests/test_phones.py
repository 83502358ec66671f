"""Phone numbers in the form of the country that an address names."""

import phonenumbers
import pytest

from apps.common.phones import COUNTRIES, country_of, phone_number


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
