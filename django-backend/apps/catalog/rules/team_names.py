"""What a team is called: its names, its city and the short forms of both that people write."""

from collections.abc import Sequence
from typing import Final

from apps.common.text import folded

# Folded words and what they are short for. Words of a name need no entry: "Jays" is one of "Toronto Blue Jays".
SHORT_WORDS: Final = {
    "as": "athletics", "avs": "avalanche", "bucs": "buccaneers", "canes": "hurricanes", "caps": "capitals",
    "cards": "cardinals", "cavs": "cavaliers", "dbacks": "diamondbacks", "grizz": "grizzlies", "habs": "canadiens",
    "jags": "jaguars", "mavs": "mavericks", "nats": "nationals", "niners": "49ers", "nucks": "canucks",
    "os": "orioles", "pats": "patriots", "pels": "pelicans", "pens": "penguins", "phils": "phillies",
    "preds": "predators", "saint": "st", "sens": "senators", "sixers": "76ers", "vikes": "vikings",
    "wolves": "timberwolves", "yanks": "yankees",
}  # fmt: skip


def is_called(text: str, *, name: str, city: str = "", abbreviation: str = "") -> bool:
    """Tell whether `text` means the team: whole words of its name or city, its abbreviation or another short form.

    `LA Dodgers`, `LA`, `LAD`, `los angeles` and `Dodgers` all mean the Los Angeles Dodgers; `Dodge` and `Angel` do not.
    """
    asked = _words(text, city)
    if not asked:
        return False
    return asked == _words(abbreviation, "") or any(_within(asked, _words(full, city)) for full in (name, city))


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
