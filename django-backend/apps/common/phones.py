"""Phone numbers as people write them: in international form, or in that of the country that their address names."""

import csv
from pathlib import Path
from typing import Final

import phonenumbers

MAX_TYPED: Final = 40
# For an address that names no country; Canada and the Caribbean share its plan.
_HOME: Final = "US"
# Georgia is not among them: at the end of an address it is the state.
_FILE: Final = Path(__file__).parent / "data" / "countries.csv"
COUNTRIES: Final = {name.casefold(): code for code, name in csv.reader(_FILE.read_text(encoding="utf-8").splitlines())}


def country_of(address: str) -> str:
    """Return the country (ISO 3166) at the end of an address; that of the house when none is named there."""
    end = address.rpartition(",")[2].replace(".", "")
    words = [word for word in end.split() if not any(character.isdigit() for character in word)]
    return COUNTRIES.get(" ".join(words).casefold(), _HOME)


def phone_number(text: str, *, address: str) -> str:
    """Return a phone number in international form, `+12155550123`; without `+` it is one of the address's country.

    Raises:
        ValueError: it is no number there, or has an extension; the message says what to write.
    """
    country = country_of(address)
    try:
        number = phonenumbers.parse(text[: MAX_TYPED + 1], country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        place = "" if text.strip().startswith("+") else f" in the country of the address ({country})"
        raise ValueError(f"This is not a valid phone number{place}. Write it in international form: +12155550123.")
    if number.extension:
        raise ValueError("Leave out the extension.")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
