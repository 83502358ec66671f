"""What is wrong with something that was sent: a code, a place and values. The edges make sentences of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from apps.common.errors import ErrorDetail


class ProblemCode(Enum):
    """Each problem of an app with the code that the API sends and the sentence that people read."""

    def __init__(self, api_code: str, sentence: str) -> None:
        self.api_code = api_code
        self.sentence = sentence


@dataclass(frozen=True)
class Problem:
    """What is wrong, where as the API spells it (`seats.1`), and the values that its sentence names."""

    code: ProblemCode
    place: str
    values: Mapping[str, Any] = field(default_factory=dict)

    def error(self, sentences: Mapping[ProblemCode, str] | None = None, **more: object) -> ErrorDetail:
        """Return the problem as an error; `sentences` are those that an edge words otherwise, `more` are its values."""
        sentence = (sentences or {}).get(self.code, self.code.sentence)
        return ErrorDetail(sentence.format(**self.values, **more), self.place, self.code.api_code)
