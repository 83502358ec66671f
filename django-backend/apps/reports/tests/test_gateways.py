"""GitHub through PyGithub, against the local one on loopback."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from pytest_django import Settings

from apps.common.testing.local_github import LocalGithub
from apps.reports import gateways
from apps.reports.enums import RepositoryProblem
from apps.reports.errors import RepositoryUnreadable
from apps.reports.gateways import IssueReader, RepositoryRead
from apps.reports.testing.stories import END, NOW, REPOSITORY, START

OPEN = (f"/repos/{REPOSITORY}/issues", "direction=asc", "per_page=100", "sort=created", "state=open")
CLOSED = (*OPEN[:-1], "state=closed", "since=2026-11-15T13%3A00%3A00Z")


def read(name: str = REPOSITORY) -> RepositoryRead:
    with IssueReader() as reader:
        return reader.repository(name, since=START)


def problem() -> RepositoryProblem:
    with pytest.raises(RepositoryUnreadable) as refused:
        read()
    return RepositoryProblem(refused.value.problem)


def numbers(found: RepositoryRead) -> list[int]:
    return sorted(issue.number for issue in found.issues)


@pytest.fixture
def served(github: LocalGithub) -> LocalGithub:
    github.serve(github.repository(REPOSITORY, github.issue(1, START)))
    return github


class TestRepository:
    def test_is_read_page_by_page_with_one_request_each(self, github: LocalGithub) -> None:
        """S3-28: 120 closed issues on two pages; nothing is asked for an issue by itself."""
        at = END - timedelta(hours=1)
        closed = [github.issue(number, START, closed_at=at) for number in range(1, 121)]
        github.serve(github.repository(REPOSITORY, *closed, github.issue(500, START)))
        assert numbers(read()) == [*range(1, 121), 500]
        asked = [sorted(call.replace("?", "&").split("&")) for call in github.calls]
        closed_pages = [sorted(CLOSED), sorted([*CLOSED, "page=2"])]
        assert asked == [[f"/repos/{REPOSITORY}"], sorted(OPEN), *closed_pages]

    def test_has_no_pull_requests(self, github: LocalGithub) -> None:
        """S3-28: GitHub lists them among the issues."""
        pull = github.issue(2, START, closed_at=END, is_pull_request=True)
        github.serve(github.repository(REPOSITORY, github.issue(1, START), pull, github.issue(3, START, closed_at=END)))
        assert numbers(read()) == [1, 3]

    def test_is_asked_for_what_changed_since(self, github: LocalGithub) -> None:
        """A comment on what was closed long ago brings it along; the rules leave it out."""
        old = START - timedelta(days=30)
        github.serve(
            github.repository(
                REPOSITORY,
                github.issue(1, old, closed_at=old),
                github.issue(2, old, closed_at=old, commented_at=END),
                github.issue(3, old, closed_at=START, assignees=("ann", "bo"), title="[bug] *x*"),
            )
        )
        found = {issue.number: issue for issue in read().issues}
        assert set(found) == {2, 3}
        assert (found[2].closed_at, found[2].created_at) == (old, old)
        assert (found[3].assignees, found[3].title) == (("ann", "bo"), "[bug] *x*")
        assert found[3].url == f"https://github.com/{REPOSITORY}/issues/3"

    def test_that_was_renamed_is_read_whole_under_its_new_name(self, github: LocalGithub) -> None:
        issues = [github.issue(number, START, closed_at=START) for number in range(1, 102)]
        github.serve(github.repository("house/new", *issues), renamed={REPOSITORY: "house/new"})
        found = read()
        assert (found.name, found.url) == ("house/new", "https://github.com/house/new")
        assert len(found.issues) == 101

    def test_that_does_not_exist_is_reported(self, github: LocalGithub) -> None:
        assert problem() == RepositoryProblem.MISSING

    def test_without_issues_is_reported(self, github: LocalGithub) -> None:
        github.serve(github.repository(REPOSITORY, has_issues=False))
        assert problem() == RepositoryProblem.NO_ISSUES

    def test_with_a_wrong_token_is_reported(self, served: LocalGithub, settings: Settings) -> None:
        settings.GITHUB_ACCESS_TOKEN = "revoked"
        assert problem() == RepositoryProblem.TOKEN

    def test_is_read_with_the_token_in_three_requests(self, served: LocalGithub) -> None:
        """S3-26."""
        assert numbers(read()) == [1]
        assert len(served.calls) == 3


class TestFaults:
    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("forbidden", RepositoryProblem.FORBIDDEN),
            ("bad_token", RepositoryProblem.TOKEN),
            ("missing", RepositoryProblem.MISSING),
            ("error_500", RepositoryProblem.BROKEN),
            ("unavailable", RepositoryProblem.BROKEN),
            ("page", RepositoryProblem.BROKEN),
            ("drop", RepositoryProblem.UNANSWERED),
            ("retry_after", RepositoryProblem.RATE_LIMIT),
            ("retry_after_429", RepositoryProblem.RATE_LIMIT),
            ("rate_limit", RepositoryProblem.RATE_LIMIT),
            ("rate_limit_429", RepositoryProblem.RATE_LIMIT),
            ("secondary", RepositoryProblem.RATE_LIMIT),
        ],
    )
    @pytest.mark.parametrize("path", ["/repos", f"/repos/{REPOSITORY}/issues"])
    def test_that_do_not_end_are_reported(
        self, served: LocalGithub, kind: str, said: RepositoryProblem, path: str
    ) -> None:
        served.fault(kind, times=None, seconds=1, path=path)
        assert problem() == said

    @pytest.mark.parametrize(
        ("kind", "least", "most"),
        [
            ("retry_after", 20, 20),
            ("retry_after_429", 20, 20),
            ("rate_limit", 19, 22),
            ("rate_limit_429", 19, 22),
            ("secondary", 60, 60),
        ],
    )
    def test_that_end_are_waited_out(
        self, served: LocalGithub, waits: list[float], kind: str, least: float, most: float
    ) -> None:
        """The wait is what GitHub asks for: Retry-After, or the time of the reset, or a minute without either."""
        served.fault(kind, seconds=20)
        assert numbers(read()) == [1]
        [waited] = waits
        assert least <= waited <= most

    @pytest.mark.parametrize("kind", ["retry_after", "retry_after_429", "rate_limit", "rate_limit_429"])
    def test_that_ask_for_too_much_are_not_waited_for(self, served: LocalGithub, waits: list[float], kind: str) -> None:
        served.fault(kind, seconds=3_600)
        assert problem() == RepositoryProblem.RATE_LIMIT
        assert (waits, len(served.calls)) == ([], 1)

    @pytest.mark.parametrize("kind", ["error_500", "unavailable", "drop"])
    def test_that_pass_are_not_reported(self, served: LocalGithub, kind: str) -> None:
        served.fault(kind)
        assert numbers(read()) == [1]

    def test_of_time_are_reported(self, served: LocalGithub, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 1)
        served.fault("timeout", times=None, seconds=5)
        assert problem() == RepositoryProblem.UNANSWERED
        assert len(served.calls) == 2

    def test_of_an_address_nobody_answers_are_reported(self, served: LocalGithub, settings: Settings) -> None:
        settings.GITHUB_API_URL = "http://127.0.0.1:9"
        assert problem() == RepositoryProblem.UNANSWERED

    def test_do_not_use_up_the_time_of_a_task(self, served: LocalGithub) -> None:
        """Beyond its budget a report sends no more requests; the rest is reported as unanswered."""
        times = iter([0.0, 0.0, gateways.BUDGET_SECONDS + 1.0])
        with IssueReader(clock=lambda: next(times)) as reader, pytest.raises(RepositoryUnreadable) as refused:
            reader.repository(REPOSITORY, since=START)
        assert refused.value.problem == RepositoryProblem.UNANSWERED
        assert len(served.calls) == 2


class TestLimit:
    def test_is_that_of_the_hour(self, github: LocalGithub) -> None:
        github.serve(github.repository(REPOSITORY), limit=2)
        assert problem() == RepositoryProblem.RATE_LIMIT


class TestRealName:
    def name(self, login: str, *, later: timedelta = timedelta()) -> str:
        with IssueReader() as reader:
            return reader.real_name(login, now=NOW + later)

    def test_is_asked_for_once_a_day(self, github: LocalGithub) -> None:
        """S3-27: the assignee's real name, cached."""
        github.serve(users=(github.user("ann-fan", "Ann Fan"),))
        hours = [0, 1, 23]
        assert {self.name("ann-fan", later=timedelta(hours=more)) for more in hours} == {"Ann Fan"}
        assert github.calls == ["/users/ann-fan"]

    def test_is_asked_for_again_by_its_etag_which_costs_nothing(self, github: LocalGithub) -> None:
        github.serve(users=(github.user("ann-fan", "Ann Fan"),), limit=2)
        assert self.name("ann-fan") == "Ann Fan"
        assert self.name("ann-fan", later=timedelta(days=1)) == "Ann Fan"
        assert self.name("ann-fan", later=timedelta(days=2)) == "Ann Fan"
        assert len(github.calls) == 3
        github.serve(users=(github.user("ann-fan", "Ann Other"),))
        assert self.name("ann-fan", later=timedelta(days=2)) == "Ann Fan"
        assert self.name("ann-fan", later=timedelta(days=3)) == "Ann Other"

    def test_is_the_login_where_there_is_none(self, github: LocalGithub) -> None:
        github.serve(users=(github.user("cy"), github.user("deploy[bot]", " ")))
        assert [self.name(login) for login in ("cy", "cy", "gone", "deploy[bot]")] == [
            "cy",
            "cy",
            "gone",
            "deploy[bot]",
        ]
        assert github.calls.count("/users/cy") == 1

    @pytest.mark.parametrize(
        "kept", ["garbage", ["x"], {"name": "Mallory"}, {"name": "Mallory", "etag": None, "checked_at": "today"}]
    )
    def test_bears_what_is_no_name_in_the_cache(self, github: LocalGithub, settings: Settings, kept: object) -> None:
        """Of an older form, or somebody else's: it would end every report for two months."""
        github.serve(users=(github.user("ann-fan", "Ann Fan"),))
        cache.set(f"github-name:{settings.GITHUB_API_URL}:ann-fan", kept)
        assert self.name("ann-fan") == "Ann Fan"
        assert self.name("ann-fan") == "Ann Fan"
        assert github.calls == ["/users/ann-fan"]

    def test_needs_no_cache(self, github: LocalGithub, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(*_: object) -> None:
            raise ConnectionError

        monkeypatch.setattr(gateways, "cache", SimpleNamespace(get=fail, set=fail))
        github.serve(users=(github.user("ann-fan", "Ann Fan"),))
        assert self.name("ann-fan") == "Ann Fan"

    def test_asks_nothing_else_than_a_person(self, github: LocalGithub) -> None:
        github.serve(github.repository(REPOSITORY))
        assert self.name(f"../repos/{REPOSITORY}") == f"../repos/{REPOSITORY}"
        assert not any(call.startswith("/repos") for call in github.calls)

    def test_is_the_last_known_one_while_github_fails(self, github: LocalGithub) -> None:
        github.serve(users=(github.user("ann-fan", "Ann Fan"),))
        self.name("ann-fan")
        github.fault("error_500", times=None)
        assert self.name("ann-fan", later=timedelta(days=2)) == "Ann Fan"
        assert self.name("bo") == "bo"


class TestReset:
    def test_that_is_over_is_not_waited_for(self, served: LocalGithub, waits: list[float]) -> None:
        served.fault("rate_limit_429", seconds=0)
        assert numbers(read()) == [1]
        assert all(waited <= 1 + (time.time() % 1) for waited in waits)
