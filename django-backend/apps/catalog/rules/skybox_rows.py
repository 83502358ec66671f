"""One row of a SkyBox export, checked and parsed without the database."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from apps.catalog.rules.event_facts import EventFacts
from apps.catalog.rules.skybox_dates import PLACEHOLDER_TIMES, parse_date
from apps.catalog.rules.skybox_names import ParsedName, UnclearPair, parse_name, skip_code
from apps.catalog.rules.skybox_replacements import NO_REPLACEMENTS, Replacements, TextTooLong
from apps.catalog.rules.skybox_text import NOT_STORABLE, RowRefused, RowSkipped, shown, single_spaced, text_field

MAX_BIGINT: Final = 2**63 - 1
MAX_NAME: Final = 200
MAX_ADDITIONAL_INFO: Final = 300
MAX_URL: Final = 500
MAX_RAW_TEXT: Final = 600
COUNTRY_LETTERS: Final = 2
SKIP_WORDS: Final = {"parking": "is parking", "package": "is a package of games"}


@dataclass(frozen=True)
class SkyBoxVenue:
    """The venue of a row. Name and zone may be empty: a known venue needs neither."""

    skybox_venue_id: int
    name: str
    city: str
    state: str
    country: str
    timezone: str


@dataclass(frozen=True)
class SkyBoxRow:
    """A row that is well-formed; its teams, venue and season still have to be found."""

    skybox_event_id: int
    name: ParsedName
    date: datetime
    venue: SkyBoxVenue
    stubhub_event_url: str


def looks_like_row(raw: Any) -> bool:
    """Return whether a value has the two keys that every SkyBox event has."""
    return isinstance(raw, dict) and "id" in raw and "date" in raw


def skybox_id(value: Any) -> int | None:
    """Return an id as a number, None for anything but a positive whole number of 64 bits or its digits."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= len(str(MAX_BIGINT)):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= MAX_BIGINT:
        return None
    return value


def parse_row(
    raw: Any,
    *,
    replacements: Replacements = NO_REPLACEMENTS,
    is_team: Callable[[str], bool] = lambda _: False,
    named: Callable[[str], Sequence[str]] = lambda _: (),
    home_of: Callable[[int | None, str], str | None] = lambda *_: None,
) -> SkyBoxRow:
    """Check and read one row.

    `home_of` returns which side of a name that does not say who is at home staff have chosen, by the SkyBox id of the
    venue and the part of the name.

    Raises:
        RowSkipped: `disabled`, `parking`, `package`.
        UnclearSides: nobody has chosen.
        RowRefused: every other code of docs/get_events_data.md that needs no look into the database.
    """
    if not isinstance(raw, dict):
        raise RowRefused("invalid_row", f"The row is {shown(raw)}, not an object.")
    event_id = skybox_id(raw.get("id"))
    if event_id is None:
        raise RowRefused("invalid_id", f"id is {shown(raw.get('id'))}, expected a positive whole number.")
    if raw.get("disabled") is True:
        raise RowSkipped("disabled", "SkyBox has disabled this event.")
    name = _replaced(raw.get("name"), what="name", code="invalid_name", column="name", replacements=replacements)
    venue_name = _venue_name(raw.get("venue"), replacements)
    skip = skip_code(name=name, venue_name=venue_name, is_team=is_team)
    if skip is not None:
        raise RowSkipped(skip, f"{shown(name)} {SKIP_WORDS[skip]}, not an event.")
    return SkyBoxRow(
        skybox_event_id=event_id,
        name=_name(name, is_team, named, partial(home_of, venue_id_of(raw))),
        date=parse_date(raw.get("date")),
        venue=_venue(raw.get("venue"), venue_name),
        stubhub_event_url=_url(raw.get("stubhubEventUrl"), replacements),
    )


def facts_as_written(raw: Any, *, zone_of: Callable[[int | None, str], str]) -> EventFacts | None:
    """Return the facts of a row as far as they can be read; None when it is not an object.

    `zone_of` returns the zone of the row's date, given the venue's SkyBox id and the zone that the row names; empty if
    unknown.
    """
    if not isinstance(raw, dict):
        return None
    venue = raw["venue"] if isinstance(raw.get("venue"), dict) else {}
    zone, moment = "", None
    with suppress(RowRefused):
        zone = _zone_name(venue.get("timeZone"))
    zone = zone_of(venue_id_of(raw), zone)
    with suppress(RowRefused):
        moment = parse_date(raw.get("date"))
        if zone:
            clock = ZoneInfo(zone)
            moment = moment.astimezone(clock) if moment.tzinfo else moment.replace(tzinfo=clock)
    return EventFacts(
        name=as_written(raw.get("name")),
        starts_at=moment,
        time_tbd=moment is not None and moment.time() in PLACEHOLDER_TIMES,
        date_tbd=False,
        timezone=zone,
        venue=as_written(venue.get("name")),
    )


def venue_id_of(raw: Any) -> int | None:
    """Return the SkyBox id of a row's venue, None when there is none."""
    venue = raw.get("venue") if isinstance(raw, dict) else None
    return skybox_id(venue.get("id")) if isinstance(venue, dict) else None


@dataclass(frozen=True, slots=True)
class SidesQuestion:
    """Who is at home? A pair of sides at a venue, answered once for all rows that have both; `venue` is its name."""

    pair: UnclearPair
    skybox_venue_id: int
    venue: str


def question_of(raw: Any, refusal: RowRefused) -> SidesQuestion | None:
    """Return the question that staff can answer so that a refused row is imported, or None."""
    pair: UnclearPair | None = getattr(refusal, "pair", None)
    venue_id = venue_id_of(raw)
    if pair is None or venue_id is None or max(len(pair.text), len(pair.one), len(pair.other)) > MAX_NAME:
        return None
    return SidesQuestion(pair, venue_id, as_written(raw["venue"].get("name")))


def as_written(text: Any) -> str:
    """Return a text of a row for reports, whatever is wrong with it: on one line, not too long; empty for no text."""
    return (
        single_spaced(NOT_STORABLE.sub("\N{REPLACEMENT CHARACTER}", text))[:MAX_NAME] if isinstance(text, str) else ""
    )


def _replaced(value: Any, *, what: str, code: str, column: str, replacements: Replacements) -> str:
    """Return a text field with its replacements made."""
    text = text_field(value, what=what, code=code, max_length=MAX_RAW_TEXT)
    try:
        replaced = replacements.apply(column, text, max_length=MAX_RAW_TEXT)
    except TextTooLong as error:
        raise RowRefused(
            "too_long",
            f"{what} has {error.length} characters after a replacement, at most {MAX_RAW_TEXT} are possible.",
        ) from None
    return text_field(replaced, what=what, code=code, max_length=MAX_RAW_TEXT)


def _name(
    text: str,
    is_team: Callable[[str], bool],
    named: Callable[[str], Sequence[str]],
    home_of: Callable[[str], str | None],
) -> ParsedName:
    if not text:
        raise RowRefused("invalid_name", "name is missing or empty.")
    parsed = parse_name(text, is_team=is_team, named=named, home_of=home_of)
    text_field(parsed.name, what="name", code="invalid_name", max_length=MAX_NAME)
    text_field(
        parsed.additional_info, what="name, prefix and notes,", code="invalid_name", max_length=MAX_ADDITIONAL_INFO
    )
    return parsed


def _venue_name(raw: Any, replacements: Replacements) -> str:
    if not isinstance(raw, dict):
        return ""
    return _replaced(
        raw.get("name"), what="venue.name", code="invalid_venue", column="venue_name", replacements=replacements
    )


def _venue(raw: Any, name: str) -> SkyBoxVenue:
    if raw is None:
        raise RowRefused("missing_venue", "The row has no venue.")
    venue_id = venue_id_of({"venue": raw})
    if venue_id is None:
        raise RowRefused("invalid_venue", f"venue is {shown(raw)}, expected an object with a positive id.")

    def field(key: str, max_length: int) -> str:
        return text_field(raw.get(key), what=f"venue.{key}", code="invalid_venue", max_length=max_length)

    country = field("country", MAX_RAW_TEXT).upper()
    return SkyBoxVenue(
        skybox_venue_id=venue_id,
        name=text_field(name, what="venue.name", code="invalid_venue", max_length=MAX_NAME),
        city=field("city", 100),
        state=field("state", 50),
        # The catalogue keeps ISO codes; a country spelt out is no reason to lose a game.
        country=country if len(country) == COUNTRY_LETTERS and country.isalpha() else "",
        timezone=_zone_name(raw.get("timeZone")),
    )


def _zone_name(value: Any) -> str:
    """Return the zone's name: the text itself, or the text under `id` or `name` of an object."""
    if isinstance(value, dict):
        value = next((value[key] for key in ("id", "name") if isinstance(value.get(key), str)), shown(value))
    return text_field(value, what="venue.timeZone", code="unknown_time_zone", max_length=MAX_RAW_TEXT)


def _url(value: Any, replacements: Replacements) -> str:
    """Return the address exactly as in the export, empty for null.

    Raises:
        RowRefused: `invalid_url`.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_RAW_TEXT or NOT_STORABLE.search(value):
        raise _invalid_url(value)
    try:
        url = replacements.apply("stubhub_event_url", value, max_length=MAX_RAW_TEXT)
    except TextTooLong:
        raise _invalid_url(value) from None
    if not url.strip():
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        raise _invalid_url(url) from None
    # What is not printable hides in an address bar.
    readable = url.isprintable() and " " not in url
    if parts.scheme not in {"http", "https"} or not parts.hostname or not readable or len(url) > MAX_URL:
        raise _invalid_url(url)
    return url


def _invalid_url(value: Any) -> RowRefused:
    return RowRefused(
        "invalid_url",
        f"stubhubEventUrl is {shown(value)}, expected an http or https address of at most {MAX_URL} characters.",
    )
