"""What the local GitHub is started with: people, repositories and their issues as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

DEFAULT_TOKEN = "ghp-sandbox"  # noqa: S105 - opens a service of this machine that holds nothing
REQUESTS_AN_HOUR = 5_000


@dataclass(frozen=True)
class User:
    """An account; `name` is the real name, which people need not give."""

    login: str
    name: str | None = None


@dataclass(frozen=True)
class Issue:
    """An issue, or a pull request, which GitHub lists among them. Times are aware; `assignees` are logins."""

    number: int
    title: str
    created_at: datetime
    closed_at: datetime | None = None
    assignees: tuple[str, ...] = ()
    is_pull_request: bool = False
    commented_at: datetime | None = None

    @property
    def updated_at(self) -> datetime:
        """When it was last changed."""
        return max(at for at in (self.created_at, self.closed_at, self.commented_at) if at)


@dataclass(frozen=True)
class Repository:
    """A repository by its `owner/name`; with `has_issues` False they are switched off."""

    full_name: str
    issues: tuple[Issue, ...] = ()
    has_issues: bool = True


@dataclass(frozen=True)
class Options:
    """Settings of one local GitHub.

    Attributes:
        repositories: What there is.
        users: Who there is; assignees without an account here have left.
        token: The only token that is accepted.
        renamed: Today's `owner/name` by an old one.
        limit: Requests of an hour; a 304 costs nothing.
    """

    repositories: tuple[Repository, ...] = ()
    users: tuple[User, ...] = ()
    token: str = DEFAULT_TOKEN
    renamed: Mapping[str, str] = field(default_factory=dict)
    limit: int = REQUESTS_AN_HOUR
