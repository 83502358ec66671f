"""Who is at home if a name does not say it: what an import asks staff, and what they chose for a name and venue."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.catalog.errors import NameReadingRefused
from apps.catalog.models import League, NameReading, Team
from apps.catalog.rules.skybox_names import UnclearPair
from apps.catalog.rules.skybox_rows import SidesQuestion
from apps.catalog.rules.skybox_text import same_name_key
from apps.catalog.services.skybox_result import RowOutcome
from apps.users.models import User

# More are asked once these are answered.
MAX_QUESTIONS: Final = 200
MAX_STARTS: Final = 3
SIDES: Final = ("one", "other")


class Questions:
    """Gathers the questions of rows while an import runs."""

    def __init__(self) -> None:
        self._asked: dict[tuple[int, str], dict[str, Any]] = {}

    def add(self, outcome: RowOutcome) -> None:
        """Note the question of a row, if it has one."""
        if outcome.question is None:
            return
        question, pair = outcome.question, outcome.question.pair
        key = question.skybox_venue_id, same_name_key(pair.text)
        if key not in self._asked and len(self._asked) == MAX_QUESTIONS:
            return
        new = {
            "text": pair.text,
            "one": pair.one,
            "other": pair.other,
            "venue_id": question.skybox_venue_id,
            "venue": question.venue,
            "rows": [],
            "starts": [],
        }
        asked = self._asked.setdefault(key, new)
        asked["rows"].append(outcome.row)
        if outcome.facts and outcome.facts.start and len(asked["starts"]) < MAX_STARTS:
            asked["starts"].append(outcome.facts.start)

    def as_json(self, *, league: League) -> list[dict[str, Any]]:
        """Return the questions, each with the side that usually plays at the venue, if it is one of the two."""
        if not self._asked:
            return []
        teams = Team.objects.filter(league=league, home_venue__isnull=False).select_related("home_venue")
        homes = {same_name_key(team.name): team.home_venue for team in teams}
        for asked in self._asked.values():
            usual = [side for side in SIDES if _is_at(homes.get(same_name_key(asked[side])), asked)]
            asked["usual_home"] = usual[0] if len(usual) == 1 else ""
        return list(self._asked.values())


def answered(questions: Sequence[Mapping[str, Any]], homes: Mapping[str, Sequence[str]]) -> dict[SidesQuestion, str]:
    """Return who is at home for each answered question; `homes` has the chosen sides by the number of the question.

    Raises:
        NameReadingRefused: no answer, an unknown question, or not exactly one of the two sides.
    """
    if not homes:
        raise NameReadingRefused("Choose who is at home in at least one game.")
    chosen = {}
    for number, sides in homes.items():
        if not (number.isascii() and number.isdigit() and len(number) <= len(str(MAX_QUESTIONS))):
            raise NameReadingRefused(f"{number[:20]!r} is no question of this page.")
        if int(number) >= len(questions):
            raise NameReadingRefused(f"This page has no question {number}.")
        asked = questions[int(number)]
        if len(sides) != 1 or sides[0] not in SIDES:
            raise NameReadingRefused(f"Choose one of the two sides of {asked['text']!r}.")
        pair = UnclearPair(asked["text"], asked["one"], asked["other"])
        chosen[SidesQuestion(pair, asked["venue_id"], asked["venue"])] = asked[sides[0]]
    return chosen


def _is_at(venue: Any, asked: Mapping[str, Any]) -> bool:
    return venue is not None and (
        venue.skybox_venue_id == asked["venue_id"] or same_name_key(venue.name) == same_name_key(asked["venue"])
    )


def name_readings(league_id: UUID) -> Callable[[int | None, str], str | None]:
    """Return a function from a venue's SkyBox id and a part of a name to the home side, None if nobody has chosen."""
    rows = NameReading.objects.filter(league=league_id).values_list("skybox_venue_id", "name_key", "home")
    chosen = {(venue_id, key): home for venue_id, key, home in rows}
    return lambda venue_id, text: chosen.get((venue_id, same_name_key(text))) if venue_id else None


@transaction.atomic
def name_readings_keep(*, league: League, homes: Mapping[SidesQuestion, str], chosen_by: User) -> None:
    """Remember who is at home for each question.

    Raises:
        NameReadingRefused: somebody has chosen the other side meanwhile; nothing is kept then.
    """
    rows = [_reading(league, question, home, chosen_by) for question, home in homes.items()]
    NameReading.objects.bulk_create(rows, ignore_conflicts=True)
    found = NameReading.objects.filter(league=league, name_key__in=[row.name_key for row in rows])
    kept = {(row.skybox_venue_id, row.name_key): row for row in found.select_related("chosen_by")}
    for row in rows:
        other = kept.get((row.skybox_venue_id, row.name_key), row)  # unless somebody has just deleted it
        if same_name_key(other.home) != same_name_key(row.home):
            raise NameReadingRefused(
                f"{other.chosen_by} has chosen {other.home} at home for '{row.name}' meanwhile. To change that, delete"
                " it in the list of readings of names first."
            )


def _reading(league: League, question: SidesQuestion, home: str, chosen_by: User) -> NameReading:
    pair = question.pair
    return NameReading(
        league=league,
        name=pair.text,
        name_key=same_name_key(pair.text),
        skybox_venue_id=question.skybox_venue_id,
        venue_name=question.venue,
        home=home,
        away=pair.other if home == pair.one else pair.one,
        chosen_by=chosen_by,
    )
