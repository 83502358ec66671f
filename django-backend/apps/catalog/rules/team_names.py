"""What a team is called: its name, its city and short forms of both."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from apps.common.text import folded

NEAR_RATIO: Final = 0.85
# Folded abbreviations and their meaning. Words of a name need no entry: "Jays" is one of "Toronto Blue Jays".
SHORT_WORDS: Final = {
    "as": "athletics", "avs": "avalanche", "bucs": "buccaneers", "canes": "hurricanes", "caps": "capitals",
    "cards": "cardinals", "cavs": "cavaliers", "dbacks": "diamondbacks", "grizz": "grizzlies", "habs": "canadiens",
    "jags": "jaguars", "mavs": "mavericks", "nats": "nationals", "niners": "49ers", "nucks": "canucks",
    "os": "orioles", "pats": "patriots", "pels": "pelicans", "pens": "penguins", "phils": "phillies",
    "preds": "predators", "saint": "st", "sens": "senators", "sixers": "76ers", "vikes": "vikings",
    "wolves": "timberwolves", "yanks": "yankees",
}  # fmt: skip


def is_called(text: str, *, name: str, city: str = "", abbreviation: str = "") -> bool:
    """Return whether `text` means the team: whole words of its name or city, its abbreviation or another short form.

    `LA Dodgers`, `LA`, `LAD`, `los angeles` and `Dodgers` all mean the Los Angeles Dodgers; `Dodge` and `Angel` do not.
    """
    asked = _words(text, city)
    if not asked:
        return False
    return asked == _words(abbreviation, "") or any(_within(asked, _words(full, city)) for full in (name, city))


def is_near(text: str, *, name: str, city: str = "", abbreviation: str = "") -> bool:
    """Return whether `text` may be another spelling of a team's name: shorter, longer, without accents, or mistyped.

    `St Louis Blues`, `NY Rangers` and `Montreal Canadians` are near the real ones, `New York Giants` is not near the
    New York Jets. Two teams that both exist may be near each other: people decide.
    """
    place = city or _place_of_initials(text, name)
    if is_called(text, name=name, city=place, abbreviation=abbreviation):
        return True
    asked, words = _words(text, place), _words(name, place)
    if words and _within(words, asked):
        return True
    if _numbers(asked) != _numbers(words):
        return False  # "Team 1" is not a misspelling of "Team 2"
    letters = SequenceMatcher(None, " ".join(asked), " ".join(words))
    return letters.quick_ratio() >= NEAR_RATIO <= letters.ratio()


def teams_named(text: str, names: Iterable[str]) -> list[str]:
    """Return the names that stand in `text` as whole words, in their order; the longer of two that overlap."""
    rest, found = f" {_plain(text)} ", []
    for name in sorted(names, key=len, reverse=True):
        word = f" {_plain(name)} "
        if (place := rest.find(word)) >= 0:
            rest = rest.replace(word, "|".center(len(word)))  # as long as the word, so that positions stay the same
            found.append((place, name))
    return [name for _, name in sorted(found)]


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w ]", " ", folded(text)).split())


def _numbers(words: Iterable[str]) -> list[str]:
    return [word for word in words if any(character.isdigit() for character in word)]


def _place_of_initials(text: str, name: str) -> str:
    """Return the first words of a name whose initials are a word of `text`: `New York` for `NY Rangers`."""
    asked, words = folded(text).split(), folded(name).split()
    places = (words[:count] for count in range(len(words)))
    return next((" ".join(place) for place in places if "".join(word[0] for word in place) in asked), "")


@lru_cache(maxsize=4096)
def _words(text: str, city: str) -> list[str]:
    """Return the folded words of a name, short forms written out; `city` is what its initials are short for."""
    words = folded(text).replace("d backs", "dbacks").split()
    place = folded(city).split()
    if len(place) > 1:
        initials = "".join(word[0] for word in place)
        words = [full for word in words for full in (place if word == initials else [word])]
    return [SHORT_WORDS.get(word, word) for word in words]


def _within(asked: Sequence[str], words: Sequence[str]) -> bool:
    return any(words[start : start + len(asked)] == asked for start in range(len(words)))
