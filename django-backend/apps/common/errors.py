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

    A class whose sentence or field is always the same has these too: `says`, `attr`. The exception handler of the API
    turns it into the standard error form and rolls the transaction back.
    """

    code = "domain_error"
    status = 409
    says = ""
    attr: str | None = None
    retry_after_seconds: int | None = None

    def __init_subclass__(
        cls, *, code: str | None = None, status: int | None = None, says: str | None = None, attr: str | None = None
    ) -> None:
        """Take what the line of the class says; the rest is that of its base."""
        for name, value in (("code", code), ("status", status), ("says", says), ("attr", attr)):
            if value is not None:
                setattr(cls, name, value)

    def __init__(self, detail: str = "", *, attr: str | None = None, more: Sequence[ErrorDetail] = ()) -> None:
        first = ErrorDetail(detail or self.says, attr or self.attr)
        super().__init__(first.detail)
        self.details: tuple[ErrorDetail, ...] = (first, *more)


class MoveReasonMissing(DomainError, code="required", status=400, says="Say why: the holder reads it.", attr="reason"):
    """Those whom the move affects read why, so there must be a reason."""


class ItemsRefused(DomainError, code="items_refused", status=400):
    """Several items of one request are refused, each with its place; nothing was written."""

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        super().__init__(problems[0].detail)
        self.details = tuple(problems)
