"""Normal forms of printed text, so that equal things compare equal in the database."""

import unicodedata


def normalise_printed(text: str) -> str:
    """Return a section, row or seat as it is stored: trimmed, single-spaced, upper case (`" 10a "` is `"10A"`).

    What looks alike is alike: wide forms, accents in two pieces and invisible characters are gone (Unicode's NFKC).
    """
    visible = "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return unicodedata.normalize("NFKC", " ".join(visible.split()).upper())
