"""Which characters typed text may contain: no control characters, and none that reverse or hide text."""

import re
import unicodedata
from typing import Final

# They reverse the text after them: our own words after a name, in mails, messages and the admin.
TURNING: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
# Control, formatting, halves of pairs, and the two separators of lines and paragraphs.
_REFUSED: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Letters of Persian and Indian languages, and emoji, are joined and kept apart by these.
_JOINERS: Final = "\u200c\u200d"
_BREAKS: Final = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029")


def one_kind_of_break(text: str) -> str:
    """Return the text with line feeds as its breaks; forms of browsers send carriage returns too."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def character_problem(text: str, *, multiline: bool = False) -> str:
    """Return what is wrong with the characters of a text, as a sentence; empty when nothing is.

    Text of several lines may have line feeds, no other control character either.
    """
    for character in text:
        if unicodedata.category(character) not in _REFUSED or character in _JOINERS:
            continue
        if multiline and character == "\n":
            continue
        if character in _BREAKS and not multiline:
            return "Write it in one line."
        return f"Remove the invisible character U+{ord(character):04X}."
    invisible = text and not text.strip(_JOINERS)
    return "Write something that can be seen." if invisible else ""


def is_latin(text: str) -> bool:
    """Return whether a printed name has Latin letters, digits and signs of ASCII only.

    A Cyrillic A looks like the Latin one: staff could not see that two claims are for one seat.
    """
    return all(
        " " <= character <= "~" or (character.isalpha() and unicodedata.name(character, "").startswith("LATIN "))
        for character in text
    )
