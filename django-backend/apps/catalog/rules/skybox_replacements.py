r"""Replacements: spellings that staff correct while they import, `{"column": {"regex": "new"}}`.

Matching ignores case. JSON wants a double backslash: `{"name": {"\\bSt Louis\\b": "St. Louis"}}`.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from apps.catalog.errors import ReplacementsRefused

COLUMNS: Final = ("name", "stubhub_event_url", "venue_name")
MAX_RULES: Final = 200
MAX_LENGTH: Final = 300
MAX_OPEN_REPETITIONS: Final = 2
MAX_REPETITIONS: Final = 10
# Escaped character, class, group opening, counted repetition, other repetition, anything else.
TOKEN: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\??|\{\d*,?\d*\}[?+]?|[*+?][?+]?|.", re.DOTALL)


@dataclass(frozen=True)
class Replacements:
    """Compiled replacements by column, applied in the order of the JSON text."""

    rules: dict[str, tuple[tuple[re.Pattern[str], str], ...]]

    def apply(self, column: str, text: str) -> str:
        """Return `text` of a column with every replacement made."""
        for pattern, new in self.rules.get(column, ()):
            text = pattern.sub(new, text)
        return text


NO_REPLACEMENTS: Final = Replacements({})


def parse_replacements(text: str) -> Replacements:
    """Read the JSON text of replacements; the empty text means none.

    Raises:
        ReplacementsRefused: not JSON, not of the form, an unknown column, or a regex that is wrong or could take
            forever; the sentence names the column or the regex.
    """
    if not text.strip():
        return NO_REPLACEMENTS
    try:
        columns = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReplacementsRefused(f"The replacements are not valid JSON: {error}.") from None
    if not isinstance(columns, dict) or not all(isinstance(pairs, dict) for pairs in columns.values()):
        raise ReplacementsRefused('The replacements must have the form {"column": {"regex": "new text"}}.')
    for column in columns:
        if column not in COLUMNS:
            raise ReplacementsRefused(
                f"The replacements name the column {column!r}; possible are {', '.join(COLUMNS)}."
            )
    if sum(len(pairs) for pairs in columns.values()) > MAX_RULES:
        raise ReplacementsRefused(f"There are more than {MAX_RULES} replacements.")
    return Replacements(
        {column: tuple(_rule(column, *pair) for pair in pairs.items()) for column, pairs in columns.items()}
    )


def _rule(column: str, regex: str, new: Any) -> tuple[re.Pattern[str], str]:
    where = f"The replacement {regex[:MAX_LENGTH]!r} of the column {column!r}"
    if not isinstance(new, str) or not regex:
        raise ReplacementsRefused(f"{where} must be a regex and its new text.")
    if max(len(regex), len(new)) > MAX_LENGTH:
        raise ReplacementsRefused(f"{where} is longer than {MAX_LENGTH} characters.")
    try:
        pattern = re.compile(regex, re.IGNORECASE)
        pattern.sub(new, "")  # reads the new text, so that a wrong group number shows now
    except (re.error, IndexError, OverflowError, RecursionError) as error:
        raise ReplacementsRefused(f"{where} is not a valid regex: {error}.") from None
    if _can_explode(regex):
        raise ReplacementsRefused(
            f"{where} could take forever: a repeated group must hold neither repetitions nor alternatives, and of the"
            f" repetitions at most {MAX_OPEN_REPETITIONS} may be open-ended, at most {MAX_REPETITIONS} there at all."
        )
    return pattern, new


def _can_explode(regex: str) -> bool:
    """Return whether backtracking could grow exponentially, judged by form and on the safe side.

    Python's matcher can neither be interrupted in a thread nor given a limit.
    """
    groups_repeat = [False]  # of each open group, the pattern itself first: whether it holds a repetition or a choice
    closed_repeats = False
    repetitions = open_ended = 0
    for token in TOKEN.findall(regex):
        if token[0] in "*+?" or (token[0] == "{" and len(token) > 1):
            repetitions += 1
            open_ended += token[0] in "*+" or "," in token
            if closed_repeats or repetitions > MAX_REPETITIONS or open_ended > MAX_OPEN_REPETITIONS:
                return True
            groups_repeat[-1] = True
        closed_repeats = False
        if token[0] == "(":
            groups_repeat.append(False)
        elif token == ")" and len(groups_repeat) > 1:  # noqa: S105 - a parenthesis, not a password
            closed_repeats = groups_repeat.pop()
            groups_repeat[-1] |= closed_repeats
        elif token == "|":  # noqa: S105
            groups_repeat[-1] = True
    return False
