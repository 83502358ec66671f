"""Normal forms of printed text, so that equal things compare equal in the database."""


def normalise_printed(text: str) -> str:
    """Return a section, row or seat as it is stored: trimmed, single-spaced, upper case (`" 10a "` is `"10A"`)."""
    return " ".join(text.split()).upper()
