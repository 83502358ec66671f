"""Phone numbers as people write them: in international form, or in that of the country that their address names."""

from typing import Final

import phonenumbers

MAX_TYPED: Final = 40
# For an address that names no country; Canada and the Caribbean share its plan.
_HOME: Final = "US"
_NAMES: Final = """
AF Afghanistan;AL Albania;DZ Algeria;AS American Samoa;AD Andorra;AO Angola;AI Anguilla;AG Antigua and Barbuda;
AR Argentina;AM Armenia;AW Aruba;AU Australia;AT Austria;AZ Azerbaijan;BS Bahamas;BH Bahrain;BD Bangladesh;BB Barbados;
BY Belarus;BE Belgique;BE Belgium;BZ Belize;BJ Benin;BM Bermuda;BT Bhutan;BO Bolivia;BA Bosnia and Herzegovina;
BW Botswana;BR Brasil;BR Brazil;VG British Virgin Islands;BN Brunei;BG Bulgaria;BF Burkina Faso;BI Burundi;
CV Cabo Verde;KH Cambodia;CM Cameroon;CA Canada;CV Cape Verde;KY Cayman Islands;CF Central African Republic;TD Chad;
CL Chile;CN China;CO Colombia;KM Comoros;CG Congo;CK Cook Islands;CR Costa Rica;HR Croatia;CU Cuba;CW Curaçao;
CY Cyprus;CZ Czech Republic;CZ Czechia;CI Côte d'Ivoire;DK Danmark;CD Democratic Republic of the Congo;DK Denmark;
DE Deutschland;DJ Djibouti;DM Dominica;DO Dominican Republic;TL East Timor;EC Ecuador;EG Egypt;SV El Salvador;
GB England;GQ Equatorial Guinea;ER Eritrea;ES España;EE Estonia;SZ Eswatini;ET Ethiopia;FK Falkland Islands;
FO Faroe Islands;FJ Fiji;FI Finland;FR France;GF French Guiana;PF French Polynesia;GA Gabon;GM Gambia;DE Germany;
GH Ghana;GI Gibraltar;GB Great Britain;GR Greece;GL Greenland;GD Grenada;GP Guadeloupe;GU Guam;GT Guatemala;
GG Guernsey;GN Guinea;GW Guinea-Bissau;GY Guyana;HT Haiti;HN Honduras;HK Hong Kong;HU Hungary;IS Iceland;IN India;
ID Indonesia;IR Iran;IQ Iraq;IE Ireland;IM Isle of Man;IL Israel;IT Italia;IT Italy;CI Ivory Coast;JM Jamaica;JP Japan;
JE Jersey;JO Jordan;KZ Kazakhstan;KE Kenya;KI Kiribati;KR Korea;XK Kosovo;KW Kuwait;KG Kyrgyzstan;LA Laos;LV Latvia;
LB Lebanon;LS Lesotho;LR Liberia;LY Libya;LI Liechtenstein;LT Lithuania;LU Luxembourg;MO Macao;MO Macau;MG Madagascar;
MW Malawi;MY Malaysia;MV Maldives;ML Mali;MT Malta;MH Marshall Islands;MQ Martinique;MR Mauritania;MU Mauritius;
YT Mayotte;MX Mexico;FM Micronesia;MD Moldova;MC Monaco;MN Mongolia;ME Montenegro;MS Montserrat;MA Morocco;
MZ Mozambique;MM Myanmar;MX México;NA Namibia;NR Nauru;NL Nederland;NP Nepal;NL Netherlands;NC New Caledonia;
NZ New Zealand;NI Nicaragua;NE Niger;NG Nigeria;NU Niue;NO Norge;KP North Korea;MK North Macedonia;GB Northern Ireland;
MP Northern Mariana Islands;NO Norway;OM Oman;PK Pakistan;PW Palau;PS Palestine;PA Panama;PG Papua New Guinea;
PY Paraguay;PE Peru;PH Philippines;PL Poland;PL Polska;PT Portugal;PR Puerto Rico;QA Qatar;RO Romania;RU Russia;
RW Rwanda;RE Réunion;KN Saint Kitts and Nevis;LC Saint Lucia;PM Saint Pierre and Miquelon;
VC Saint Vincent and the Grenadines;WS Samoa;SM San Marino;SA Saudi Arabia;CH Schweiz;GB Scotland;SN Senegal;RS Serbia;
SC Seychelles;SL Sierra Leone;SG Singapore;SX Sint Maarten;SK Slovakia;SI Slovenia;SB Solomon Islands;SO Somalia;
ZA South Africa;KR South Korea;SS South Sudan;ES Spain;LK Sri Lanka;SD Sudan;SR Suriname;SE Sverige;SE Sweden;
CH Switzerland;SY Syria;ST São Tomé and Príncipe;TW Taiwan;TJ Tajikistan;TZ Tanzania;TH Thailand;GM The Gambia;
NL The Netherlands;TL Timor-Leste;TG Togo;TO Tonga;TT Trinidad and Tobago;TN Tunisia;TR Turkey;TM Turkmenistan;
TC Turks and Caicos Islands;TV Tuvalu;TR Türkiye;AE UAE;GB UK;US US;VI US Virgin Islands;US USA;UG Uganda;UA Ukraine;
AE United Arab Emirates;GB United Kingdom;US United States;US United States of America;UY Uruguay;UZ Uzbekistan;
VU Vanuatu;VA Vatican City;VE Venezuela;VN Viet Nam;VN Vietnam;GB Wales;YE Yemen;ZM Zambia;ZW Zimbabwe
"""
# Georgia is not among them: at the end of an address it is the state.
COUNTRIES: Final = {
    name.casefold(): code
    for code, _, name in (entry.strip().partition(" ") for entry in _NAMES.replace("\n", "").split(";"))
}


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
