"""Why a repository cannot be reported on."""

from django.db import models


class RepositoryProblem(models.TextChoices):
    """What went wrong with one repository; the labels are the sentences that the report shows."""

    MISSING = "missing", "GitHub has no such repository, or the token may not see it."
    TOKEN = "token", "GitHub refuses the token (GITHUB_ACCESS_TOKEN)."
    FORBIDDEN = "forbidden", "The token may not read the issues of this repository."
    NO_ISSUES = "no_issues", "Issues are switched off in this repository."
    RATE_LIMIT = "rate_limit", "GitHub asks to wait for longer than the report can."
    UNANSWERED = "unanswered", "GitHub did not answer in time."
    BROKEN = "broken", "GitHub had an internal failure."

    @property
    def is_passing(self) -> bool:
        """Whether it is likely to pass within an hour by itself."""
        return self in {self.RATE_LIMIT, self.UNANSWERED, self.BROKEN}
