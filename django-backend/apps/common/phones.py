"""Phone numbers as people write them: in international form, or in that of the country that their address names."""

from typing import Final

import phonenumbers

MAX_TYPED: Final = 40
# For an address that names no country; Canada and the Caribbean share its plan.
_HOME: Final = "US"
_COUNTRIES: Final = """
AF Afghanistan;AL Albania;DZ Algeria;AR Argentina;AM Armenia;AU Australia;AT Austria;AZ Azerbaijan;BS Bahamas;
BH Bahrain;BD Bangladesh;BB Barbados;BY Belarus;BE Belgium;BE Belgique;BZ Belize;BM Bermuda;BO Bolivia;
BA Bosnia and Herzegovina;BW Botswana;BR Brazil;BR Brasil;BG Bulgaria;KH Cambodia;CM Cameroon;CA Canada;
KY Cayman Islands;CL Chile;CN China;CO Colombia;CR Costa Rica;HR Croatia;CU Cuba;CY Cyprus;CZ Czech Republic;
CZ Czechia;DK Denmark;DK Danmark;DO Dominican Republic;EC Ecuador;EG Egypt;SV El Salvador;EE Estonia;ET Ethiopia;
FI Finland;FR France;DE Germany;DE Deutschland;GH Ghana;GR Greece;GT Guatemala;HT Haiti;HN Honduras;HK Hong Kong;
HU Hungary;IS Iceland;IN India;ID Indonesia;IR Iran;IQ Iraq;IE Ireland;IL Israel;IT Italy;IT Italia;JM Jamaica;
JP Japan;JO Jordan;KZ Kazakhstan;KE Kenya;KR Korea;KR South Korea;KW Kuwait;LV Latvia;LB Lebanon;LT Lithuania;
LU Luxembourg;MY Malaysia;MT Malta;MX Mexico;MX México;MD Moldova;MC Monaco;ME Montenegro;MA Morocco;NP Nepal;
NL Netherlands;NL The Netherlands;NL Nederland;NZ New Zealand;NI Nicaragua;NG Nigeria;MK North Macedonia;NO Norway;
NO Norge;OM Oman;PK Pakistan;PA Panama;PY Paraguay;PE Peru;PH Philippines;PL Poland;PL Polska;PT Portugal;
PR Puerto Rico;QA Qatar;RO Romania;RU Russia;RW Rwanda;SA Saudi Arabia;SN Senegal;RS Serbia;SG Singapore;SK Slovakia;
SI Slovenia;ZA South Africa;ES Spain;ES España;LK Sri Lanka;SE Sweden;SE Sverige;CH Switzerland;CH Schweiz;TW Taiwan;
TZ Tanzania;TH Thailand;TT Trinidad and Tobago;TN Tunisia;TR Turkey;TR Türkiye;UG Uganda;UA Ukraine;
AE United Arab Emirates;AE UAE;GB United Kingdom;GB UK;GB Great Britain;GB England;GB Scotland;GB Wales;
GB Northern Ireland;US United States;US United States of America;US USA;US US;UY Uruguay;UZ Uzbekistan;VE Venezuela;
VN Vietnam;VN Viet Nam;ZM Zambia;ZW Zimbabwe
"""
# Georgia is not among them: at the end of an address it is the state.
_BY_NAME: Final = {
    name.casefold(): code
    for code, _, name in (entry.strip().partition(" ") for entry in _COUNTRIES.replace("\n", "").split(";"))
}


def country_of(address: str) -> str:
    """Return the country (ISO 3166) at the end of an address; that of the house when none is named there."""
    end = address.rpartition(",")[2].replace(".", "")
    words = [word for word in end.split() if not any(character.isdigit() for character in word)]
    return _BY_NAME.get(" ".join(words).casefold(), _HOME)


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
