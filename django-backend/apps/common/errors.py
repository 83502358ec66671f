"""The base of every anticipated failure of the domain."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ErrorDetail:
    """One sentence for one field; `attr` names the field as the API spells it (`seats`, `items.0.price`).

    `code` is for an error about many things at once; without it, the code is that of the error.
    """

    detail: str
    attr: str | None = None
    code: str | None = None


class DomainError(Exception):
    """An anticipated failure: the class has the code and HTTP status, the instance the sentence and the field.

    A sentence or field that is always the same is the class's. The exception handler of the API turns the error into
    the standard error form and rolls the transaction back.
    """

    code = "domain_error"
    status = 409
    sentence = ""
    attr: str | None = None
    retry_after_seconds: int | None = None

    def __init__(self, detail: str = "", *, attr: str | None = None, more: Sequence[ErrorDetail] = ()) -> None:
        super().__init__(detail or self.sentence)
        self.details: tuple[ErrorDetail, ...] = (ErrorDetail(detail or self.sentence, attr or self.attr), *more)


class ItemsRefused(DomainError):
    """Several items of one request are refused, each with its place; nothing was written."""

    code = "items_refused"
    status = 400

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        super().__init__(problems[0].detail)
        self.details = tuple(problems)
