"""Why no statements are made; the sentences are shown by the command."""

from apps.common.errors import DomainError


class MonthUnknown(DomainError, code="month_unknown", status=400):
    """The name is not one of a month."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not a month such as 2026-10.", attr="month")


class MonthNotOver(DomainError, code="month_not_over"):
    """A statement is final, so it is made only after the end of its month."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not over yet (UTC).", attr="month")
