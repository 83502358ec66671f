"""What a printed section, row or seat reads like: its folded form, in which likely twins are equal.

Seats stay as printed. The folded forms are stored and unique among verified seats, so a change here needs a migration
that folds the stored rows again.
"""

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from apps.common.text import normalise_printed

# Look-alikes by Unicode's confusables.txt that neither a decomposition nor a name gives away; 0 and O, 1 and I are one.
# Input takes Latin letters only: the Greek and Cyrillic ones are for rows from before that.
_LOOKALIKES: Final = str.maketrans(
    {
        look: plain
        for plain, looks in {
            "0": "OΟО", "1": "IΙІӀ|Ɩǀꟾ", "2": "ƧꝚƻ", "3": "ƷȜꝪЗ", "5": "Ƽ", "8": "Ȣ", "9": "Ꝯ", "11": "ǁ", "!": "ǃ",
            "?": "Ɂʔ", "A": "ΑАⱭ", "B": "ΒВꞴƄ", "C": "С", "D": "ÐƉ", "E": "ΕЕ", "H": "ΗН", "J": "Ј", "K": "ΚК",
            "M": "ΜМ", "N": "Ν", "P": "ΡРÞǷ", "R": "Ʀ", "S": "Ѕ", "T": "ΤТ", "U": "Ʉ", "X": "ΧХꞳ", "Y": "ΥУҮ", "Z": "Ζ",
        }.items()
        for look in looks
    }
)  # fmt: skip
# The base letters in a name such as LATIN LETTER SMALL CAPITAL A, or LATIN CAPITAL LETTER O WITH STROKE.
_LETTERS_OF_NAME: Final = re.compile(r"LATIN (?:[A-Z-]+ )+?([A-Z]{1,2})(?: DIGRAPH)?(?: WITH .+)?")
_WORDS: Final = "SECT10N|SECT(?!10N)|SEC|R0W|RW|SEAT"  # as they read once folded
_IS_WORD: Final = re.compile(_WORDS)
_WORD_AHEAD: Final = re.compile(rf"^(?:{_WORDS})(?=[0-9]|[A-Z]$)")  # SEC101, ROWB
_ZEROS_AHEAD: Final = re.compile(r"(?<![0-9])0+(?=[0-9])")


def folded(printed: str) -> str:
    """Return what a printed name reads like: look-alikes, case, accents, words, leading zeros and signs left out.

    `"Section 101"`, `"sec. 101"` and `"0101"` are all `"101"`. Folding twice changes nothing, and what has neither
    letter nor digit stays as it is, without spaces.
    """
    text = "".join(_read(character) for character in normalise_printed(printed))
    while (shorter := _shorter(text)) != text:
        text = shorter
    return text or "".join(normalise_printed(printed).split())  # accents without a letter below them


def place_key(section: str, row: str) -> str:
    """Return what a row of seats reads like; never longer than 200 characters for 30 of each."""
    return f"{folded(section)}|{folded(row)}"


def not_alike_reason(section: str, row: str, other_section: str, other_row: str) -> str | None:
    """Return why two printed places need no exception to be told apart, None where they do."""
    if (section, row) == (other_section, other_row):
        return "Both are the same place."
    if place_key(section, row) != place_key(other_section, other_row):
        return "These two do not read alike, so season tickets of both can be verified as it is."
    return None


def first_alike(names: Sequence[str]) -> tuple[int, int] | None:
    """Return the places of the first name that reads like an earlier one, the earlier one first; None without one."""
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        if (earlier := seen.setdefault(folded(name), index)) != index:
            return earlier, index
    return None


def _read(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character.translate(_LOOKALIKES))
    letters = "".join(part for part in decomposed if not unicodedata.combining(part))
    if not letters.isascii() and (named := _LETTERS_OF_NAME.fullmatch(unicodedata.name(letters[0], ""))):
        letters = named[1]
    return letters.translate(_LOOKALIKES)


def _shorter(text: str) -> str:
    words = re.findall(r"[^\W_]+", text)
    if not words:
        return "".join(text.split())
    telling = [_WORD_AHEAD.sub("", word) for word in words if not _IS_WORD.fullmatch(word)] or words
    return "".join(_ZEROS_AHEAD.sub("", word) for word in telling)
