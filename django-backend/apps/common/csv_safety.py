"""CSV that is safe to open in a spreadsheet."""

from typing import Final

# With the wide forms, which a spreadsheet set to Japanese or Chinese reads as the narrow ones.
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """Return `text` so that a spreadsheet shows it instead of running it: a formula gets a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def original_cell(text: str) -> str:
    """Return what `safe_cell` was given: a formula loses the apostrophe in front of it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
