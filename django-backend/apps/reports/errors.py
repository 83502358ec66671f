"""Why there is no report; the sentences are shown by the command."""

from apps.common.errors import DomainError


class WeekUnknown(DomainError, code="week_unknown", status=400):
    """The name is not one of a week, or that week is not over."""


class ReportNotSetUp(DomainError, code="report_not_set_up"):
    """Settings are missing."""


class RepositoryUnreadable(DomainError, code="repository_unreadable", status=503):
    """One repository cannot be read; `problem` is one of RepositoryProblem."""

    def __init__(self, problem: str) -> None:
        super().__init__(f"The repository cannot be read: {problem}.")
        self.problem = problem
