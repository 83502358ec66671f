"""The one format of decimals: digits and a point, as text or as a JSON number."""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

_MAX_DIGITS: Final = 40
_TOO_LARGE: Final = 10**20  # more digits than `quantize` keeps exact
_CURRENCY: Final = re.compile(r"^(?:US)?\$\s*|^USD\s*|\s*(?:\$|USD)$", re.IGNORECASE)
_GROUPED: Final = re.compile(r"[1-9]\d{0,2}(?:(?P<mark>[ ,_'])\d{3})(?:(?P=mark)\d{3})*(?:\.\d{1,2})?")
_COMMA: Final = re.compile(r"(?:0|[1-9]\d{0,2}(?:\.\d{3})*|[1-9]\d*),\d{1,2}|0,\d{3,4}")
_ODD: Final = re.compile(r"\+?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,2})?")


@dataclass(frozen=True)
class DecimalFormat:
    """What a number may be: the decimals it may have and its range; a `share` of one is often sent as a percentage."""

    places: int
    lowest: Decimal
    highest: Decimal
    share: bool = False

    def read(self, sent: Any) -> Decimal:
        """Return the number that text or a JSON number writes; its range is for the caller to check.

        Python's own decimals also read `1_0.50`, `1e3` and the digits of other scripts, and money is not guessed.

        Raises:
            ValueError: the format is another one. The message suggests what to write if that is certain.
        """
        text = str(sent).strip() if isinstance(sent, str | int | float | Decimal) and not isinstance(sent, bool) else ""
        plain = rf"-?[0-9]{{1,{_MAX_DIGITS}}}(?:\.[0-9]{{1,{self.places}}})?"
        if re.fullmatch(plain, text) and not (self.share and Decimal(text) >= 1):
            return Decimal(text)
        if len(text) <= _MAX_DIGITS and (meant := self._meant(text)):
            raise ValueError(f"Write {meant}.")
        example = "a share of one, such as 0.15" if self.share else "an amount such as 100.00"
        raise ValueError(f"Write {example}: digits and a point, at most {self.places} decimals.")

    def _meant(self, text: str) -> str | None:
        """Return the number that `text` must mean, in the right format; None when it is ambiguous."""
        text = _CURRENCY.sub("", unicodedata.normalize("NFKC", text).strip())
        is_percentage = self.share and text.endswith("%")
        text = text.removesuffix("%").rstrip() if is_percentage else text
        if grouped := _GROUPED.fullmatch(text):
            text = text.replace(grouped["mark"], "")
        elif _COMMA.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
        elif not _ODD.fullmatch(text):
            return None
        number = Decimal(text)
        if is_percentage or (self.share and number > 1):  # 1 may be the whole or a hundredth
            number /= 100
        exact = number.quantize(Decimal(1).scaleb(-self.places)) if number < _TOO_LARGE else number
        if exact != number or not self.lowest <= exact <= self.highest:
            return None
        return f"{exact.normalize() if self.share else exact:f}"
