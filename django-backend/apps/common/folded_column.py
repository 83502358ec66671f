"""A column of names as they are searched: without accents, dots and case.

The database generates it from the columns with the names, so neither a bulk insert nor plain SQL can forget it. It
folds as `folded` does; a test compares the two. PostgreSQL's own `unaccent` is an extension.
"""

from typing import Any

from django.db import models
from django.db.models.lookups import IContains

from apps.common.text import FOLDED_CHARACTERS, FOLDED_PAIRS, MARKS, folded


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _folding(text: str) -> str:
    """Return SQL that folds the text of an expression.

    Upper-case letters are translated too: in the locale `C` the database lowers ASCII only.
    """
    letters = FOLDED_CHARACTERS | {letter.upper(): short for letter, short in FOLDED_CHARACTERS.items()}
    pairs = FOLDED_PAIRS | {letter.upper(): short for letter, short in FOLDED_PAIRS.items() if len(letter.upper()) == 1}
    text = f"lower(regexp_replace(normalize({text}, NFKD), {_quoted(MARKS)}, '', 'g'))"
    for letter, pair in pairs.items():
        text = f"replace({text}, {_quoted(letter)}, {_quoted(pair)})"
    kept = {letter: short for letter, short in letters.items() if short}
    dropped = [letter for letter, short in letters.items() if not short]  # translate drops what has no counterpart
    text = f"translate({text}, {_quoted(''.join([*kept, *dropped]))}, {_quoted(''.join(kept.values()))})"
    return rf"trim(regexp_replace({text}, '\s+', ' ', 'g'))"


class FoldedText(models.TextField):  # type: ignore[type-arg]  # not generic at run time
    """Folded text; `icontains` folds what it is given."""


@FoldedText.register_lookup
class FoldedContains(IContains):
    """Whether the column has the folded words."""

    def get_prep_lookup(self) -> Any:
        return folded(str(self.rhs))


class Folded(models.Func):
    """Columns that are never null, joined by blanks and folded: `Folded("name", "city")`."""

    arg_joiner = " || ' ' || "
    template = _folding("%(expressions)s")
    output_field = FoldedText()


def folded_column(*names: str) -> models.GeneratedField:
    """Return the column by which rows are searched for words of these columns."""
    return models.GeneratedField(expression=Folded(*names), output_field=FoldedText(), db_persist=True)
