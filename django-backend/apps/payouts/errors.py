"""Why no statements are made; the sentences are shown by the command."""

from apps.common.errors import DomainError


class MonthUnknown(DomainError):
    """The name is not one of a month."""

    code = "month_unknown"
    status = 400

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a month such as 2026-10.", attr="month")


class MonthNotOver(DomainError):
    """A statement is final, so it is made only after the end of its month."""

    code = "month_not_over"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not over yet (UTC).", attr="month")
