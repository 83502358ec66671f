"""GitHub, through PyGithub; its answers become issues or one of the problems that a report shows."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self, cast
from urllib.parse import quote

from django.conf import settings
from django.core.cache import cache
from github import Auth, Github, GithubException, GithubRetry
from github.GithubException import BadCredentialsException, RateLimitExceededExceedsMaxWait, RateLimitExceededException
from github.GithubObject import CompletableGithubObject
from github.Issue import Issue as GithubIssue
from github.NamedUser import NamedUser
from requests.exceptions import RequestException, RetryError
from urllib3 import BaseHTTPResponse
from urllib3.connectionpool import ConnectionPool

from apps.reports.enums import RepositoryProblem
from apps.reports.errors import RepositoryUnreadable
from apps.reports.rules import Issue

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS: Final = 10
# A request never waits longer than this; the report shows the problem instead.
LONGEST_WAIT_SECONDS: Final = 60
# Of one report. The last request may take about three minutes more, and a task may take ten.
BUDGET_SECONDS: Final = 300
# Fifteen points a second are allowed, a request of ours is one: https://docs.github.com/en/rest/using-the-rest-api
SECONDS_BETWEEN_REQUESTS = 0.1
BACKOFF_FACTOR = 1.0
NAME_FRESH: Final = timedelta(days=1)
NAME_KEPT: Final = timedelta(days=60)
_API_VERSION: Final = "2022-11-28"
_PROBLEMS: Final = {
    HTTPStatus.UNAUTHORIZED: RepositoryProblem.TOKEN,
    HTTPStatus.FORBIDDEN: RepositoryProblem.FORBIDDEN,
    HTTPStatus.NOT_FOUND: RepositoryProblem.MISSING,
    HTTPStatus.GONE: RepositoryProblem.NO_ISSUES,
    HTTPStatus.TOO_MANY_REQUESTS: RepositoryProblem.RATE_LIMIT,
}


class PatientRetry(GithubRetry):
    """GithubRetry that respects every way in which GitHub asks to wait, and gives up at once if it asks for too much.

    The base class waits out any `Retry-After`, even hours, and ignores the reset time in a 429.
    """

    asked_seconds = 0.0

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Return the next attempt.

        Raises:
            RateLimitExceededExceedsMaxWait: GitHub asks to wait for more than LONGEST_WAIT_SECONDS.
            MaxRetryError: there is none any more.
        """
        asked = self._asked(response) if response is not None else 0.0
        if response is not None and asked > LONGEST_WAIT_SECONDS:
            response.drain_conn()  # otherwise its connection would stay open
            raise RateLimitExceededExceedsMaxWait(response.status, None, dict(response.headers), wait=asked)
        following = cast("Self", super().increment(method, url, cast("Any", response), error, _pool, _stacktrace))
        following.asked_seconds = asked
        return following

    def get_backoff_time(self) -> float:
        """Return the seconds to the next attempt."""
        return max(float(super().get_backoff_time()), self.asked_seconds)

    def _asked(self, response: BaseHTTPResponse) -> float:
        after, reset = self.get_retry_after(response), response.headers.get("X-RateLimit-Reset", "")
        if after is not None:
            return float(after)
        used_up = response.headers.get("X-RateLimit-Remaining") == "0"
        if response.status in {HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS} and used_up and reset.isdigit():
            return max(0.0, int(reset) + 1 - time.time())
        return 0.0


@dataclass(frozen=True)
class RepositoryRead:
    """A repository under its current name, and its issues without pull requests."""

    name: str
    url: str
    issues: list[Issue]


class IssueReader:
    """A GitHub client for one report; `clock` counts seconds. Use it in a `with`."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._deadline = clock, clock() + BUDGET_SECONDS
        self._github = Github(
            auth=Auth.Token(settings.GITHUB_ACCESS_TOKEN),
            base_url=settings.GITHUB_API_URL,
            timeout=TIMEOUT_SECONDS,
            per_page=100,
            user_agent="season-tickets-weekly-report",
            seconds_between_requests=SECONDS_BETWEEN_REQUESTS,
            api_version=_API_VERSION,
            retry=PatientRetry(
                total=3,
                connect=1,
                read=1,
                backoff_factor=BACKOFF_FACTOR,
                status_forcelist=[*range(500, 600), HTTPStatus.TOO_MANY_REQUESTS],
                secondary_rate_wait=LONGEST_WAIT_SECONDS,
                max_rate_limit_wait=LONGEST_WAIT_SECONDS,
            ),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._github.close()

    def repository(self, name: str, *, since: datetime) -> RepositoryRead:
        """Return the issues that are open, and those closed that changed after `since` (UTC), all pages.

        Open ones are read first, and closed ones override them, so that none is missed if it is closed meanwhile.

        Raises:
            RepositoryUnreadable: with the reason.
        """
        with self._problems():
            # A separate request: PyGithub loses the query when it follows a renamed repository from a list.
            repository = self._github.get_repo(name)
            found: dict[int, Issue] = {}
            for more in ({"state": "open"}, {"state": "closed", "since": since}):
                for issue in repository.get_issues(sort="created", direction="asc", **cast("Any", more)):
                    self._in_time()
                    if not _is_pull_request(issue):
                        found[issue.number] = _issue(issue)
            return RepositoryRead(repository.full_name, repository.html_url, list(found.values()))

    def real_name(self, login: str, *, now: datetime) -> str:
        """Return the real name of a person, or the login if there is none or GitHub does not answer.

        It is cached for a day; then GitHub is asked by ETag whether it has changed, which does not count against the
        limit.
        """
        key = f"github-name:{settings.GITHUB_API_URL}:{login}"
        known = _known(key)
        if known["checked_at"] and now - known["checked_at"] < NAME_FRESH:
            return str(known["name"] or login)
        try:
            with self._problems():
                address = f"{settings.GITHUB_API_URL}/users/{quote(login, safe='')}"
                given = {"login": login, "name": known["name"], "url": address}
                headers = {"etag": known["etag"]} if known["etag"] else {}
                user = self._github.create_from_raw_data(NamedUser, given, headers)
                user.update()
                known = {"name": (user.name or "").strip(), "etag": user.etag, "checked_at": now}
        except RepositoryUnreadable:
            return str(known["name"] or login)
        with _no_matter():
            cache.set(key, known, NAME_KEPT.total_seconds())
        return str(known["name"] or login)

    def _in_time(self) -> None:
        if self._clock() > self._deadline:
            raise RepositoryUnreadable(RepositoryProblem.UNANSWERED)

    @contextmanager
    def _problems(self) -> Iterator[None]:
        """Turn what PyGithub raises into a problem that the report can show."""
        self._in_time()
        try:
            yield
        except BadCredentialsException:
            raise RepositoryUnreadable(RepositoryProblem.TOKEN) from None
        except (RateLimitExceededException, RateLimitExceededExceedsMaxWait):
            raise RepositoryUnreadable(RepositoryProblem.RATE_LIMIT) from None
        except GithubException as error:
            status = cast("Any", error.status)
            raise RepositoryUnreadable(_PROBLEMS.get(status, RepositoryProblem.BROKEN)) from error
        except RetryError as error:
            limited = any(f"too many {status} error" in str(error) for status in (403, 429))
            problem = RepositoryProblem.RATE_LIMIT if limited else RepositoryProblem.BROKEN
            raise RepositoryUnreadable(problem) from error
        except RequestException as error:
            raise RepositoryUnreadable(RepositoryProblem.UNANSWERED) from error
        except (AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
            # PyGithub has no error of its own for an unexpected answer.
            logger.warning("GitHub gave an answer that PyGithub cannot read.", exc_info=True)
            raise RepositoryUnreadable(RepositoryProblem.BROKEN) from error


@contextmanager
def _no_matter() -> Iterator[None]:
    """Continue without the cache if it fails or has invalid entries: names are not worth losing the report."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - Redis, the network, what cannot be unpickled
        logger.warning("The cache has no names for the weekly report: %s", error)


def _known(key: str) -> dict[str, Any]:
    """Return the cached entry of a person; an empty one if there is none or it is invalid."""
    nothing: dict[str, Any] = {"name": "", "etag": None, "checked_at": None}
    found: Any = None
    with _no_matter():
        found = cache.get(key)
    if not isinstance(found, dict) or found.keys() != nothing.keys():
        return nothing
    return found if isinstance(found["checked_at"], datetime) and found["checked_at"].tzinfo else nothing


def _is_pull_request(issue: GithubIssue) -> bool:
    # The raw data of the list: for a missing key, PyGithub would send another request for each issue.
    given: dict[str, Any] = cast("Any", super(CompletableGithubObject, issue)).raw_data
    return "pull_request" in given


def _issue(issue: GithubIssue) -> Issue:
    closed_at = cast("datetime | None", issue.closed_at)
    return Issue(
        number=issue.number,
        title=issue.title,
        url=issue.html_url,
        created_at=issue.created_at.astimezone(UTC),
        closed_at=closed_at.astimezone(UTC) if closed_at else None,
        assignees=tuple(user.login for user in issue.assignees),
    )
