"""Why there is no report; the sentences are shown by the command."""

from collections.abc import Sequence

from apps.common.errors import DomainError


class WeekUnknown(DomainError, code="week_unknown", status=400):
    """The name is not one of a week, or that week is not over."""


class ReportNotSetUp(DomainError, code="report_not_set_up"):
    """Settings are missing, which `names` has."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(f"The weekly report of issues needs {', '.join(names)}.")
        self.names = tuple(names)


class RepositoryUnreadable(DomainError, code="repository_unreadable", status=503):
    """One repository cannot be read; `problem` is one of RepositoryProblem."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The repository cannot be read: {problem}.")
        self.problem = problem
