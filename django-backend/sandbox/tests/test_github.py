"""The local GitHub, by plain HTTP and by PyGithub."""

import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from github import Auth, Github

from sandbox.github.app import Sandbox
from sandbox.github.faults import Fault
from sandbox.github.options import Issue, Options, Repository, User
from sandbox.github.sample import sample
from sandbox.github.server import running

BACKEND = Path(__file__).parents[2]
NOW = datetime(2026, 11, 22, 13, tzinfo=UTC)
DAY = timedelta(days=1)
ISSUES = (
    Issue(1, "Old", NOW - 9 * DAY),
    Issue(2, "Closed", NOW - 8 * DAY, NOW - 2 * DAY, ("ann", "gone")),
    Issue(3, "Closed and talked about", NOW - 7 * DAY, NOW - 6 * DAY, commented_at=NOW),
    Issue(4, "Merge me", NOW - 5 * DAY, is_pull_request=True),
)
OPTIONS = Options(
    repositories=(Repository("o/r", ISSUES), Repository("o/none", has_issues=False)),
    users=(User("ann", "Ann Fan"),),
    token="right",
    renamed={"o/old": "o/r"},
    limit=50,
)


@dataclass
class Answer:
    status: int
    headers: Message
    body: Any

    def numbers(self) -> list[int]:
        return [issue["number"] for issue in self.body]


@dataclass
class Asked:
    url: str
    sandbox: Sandbox

    def __call__(self, path: str, **headers: str) -> Answer:
        given = {"Authorization": "Bearer right", **{name.replace("_", "-"): value for name, value in headers.items()}}
        request = urllib.request.Request(f"{self.url}{path}", headers=given)
        try:
            with urllib.request.urlopen(request, timeout=10) as found:
                return Answer(found.status, found.headers, json.load(found))
        except urllib.error.HTTPError as refused:
            with refused:
                text = refused.read().decode()
            return Answer(refused.code, refused.headers, json.loads(text) if text.startswith("{") else text)


@pytest.fixture
def ask() -> Iterator[Asked]:
    with running(OPTIONS) as (url, sandbox):
        yield Asked(url, sandbox)


class TestIssues:
    @pytest.mark.parametrize(
        ("query", "numbers"),
        [
            ("", [4, 1]),
            ("?state=closed", [3, 2]),
            ("?state=all&direction=asc", [1, 2, 3, 4]),
            ("?state=all&sort=updated", [3, 2, 4, 1]),
            ("?state=all&since=2026-11-22T13:00:00Z", [3]),
            ("?state=all&since=2026-11-22T13:00:01Z", []),
        ],
    )
    def test_are_chosen_and_sorted(self, ask: Asked, query: str, numbers: list[int]) -> None:
        assert ask(f"/repos/o/r/issues{query}").numbers() == numbers

    def test_look_as_github_writes_them(self, ask: Asked) -> None:
        closed, pull = ask("/repos/o/r/issues?state=all&direction=asc").body[1::2]
        assert closed["html_url"] == "https://github.com/o/r/issues/2"
        assert [person["login"] for person in closed["assignees"]] == ["ann", "gone"]
        assert (closed["state"], closed["closed_at"]) == ("closed", "2026-11-20T13:00:00Z")
        assert "pull_request" not in closed
        assert pull["html_url"].endswith("/o/r/pull/4")
        assert "name" not in closed["assignees"][0]
        assert (pull["pull_request"]["url"], pull["closed_at"]) == (f"{ask.url}/repos/o/r/pulls/4", None)

    def test_come_in_pages_with_links(self, ask: Asked) -> None:
        first = ask("/repos/o/r/issues?state=all&per_page=3&direction=asc")
        assert first.numbers() == [1, 2, 3]
        start = f"<{ask.url}/repos/o/r/issues?state=all&per_page=3&direction=asc&page=2>"
        assert first.headers["Link"] == f'{start}; rel="next", {start}; rel="last"'
        second = ask("/repos/o/r/issues?state=all&per_page=3&direction=asc&page=2")
        assert second.numbers() == [4]
        assert 'rel="prev"' in second.headers["Link"]
        assert 'rel="next"' not in second.headers["Link"]
        assert ask("/repos/o/r/issues?page=9").body == []
        assert ask("/repos/o/r/issues").headers["Link"] is None

    def test_come_a_hundred_at_a_time_at_most(self, ask: Asked) -> None:
        many = tuple(Issue(number, "x", NOW) for number in range(120))
        ask.sandbox.reset(Options(repositories=(Repository("o/r", many),), token="right"))
        assert len(ask("/repos/o/r/issues?per_page=500").body) == 100
        assert len(ask("/repos/o/r/issues").body) == 30

    @pytest.mark.parametrize(
        "query", ["sate=open", "state=any", "since=2026", "page=0", "per_page=x", "sort=x", "direction=up"]
    )
    def test_are_refused_for_a_wrong_query(self, ask: Asked, query: str) -> None:
        assert ask(f"/repos/o/r/issues?{query}").status == 422

    def test_may_be_switched_off(self, ask: Asked) -> None:
        assert ask("/repos/o/none/issues").status == 410


class TestOthers:
    def test_repository_counts_pull_requests_too(self, ask: Asked) -> None:
        found = ask("/repos/O/R").body
        assert (found["full_name"], found["open_issues_count"]) == ("o/r", 2)

    def test_old_name_leads_to_the_new_one(self, ask: Asked) -> None:
        assert ask("/repos/o/old").body["full_name"] == "o/r"
        assert [call.split("/")[1] for call in ask.sandbox.calls] == ["repos", "repositories"]

    def test_user_has_a_real_name(self, ask: Asked) -> None:
        assert ask("/users/Ann").body["name"] == "Ann Fan"

    @pytest.mark.parametrize("path", ["/users/gone", "/repos/o/x", "/repos/o/x/issues", "/user", "/repositories/1"])
    def test_what_is_not_there_is_404(self, ask: Asked, path: str) -> None:
        assert (ask(path).status, ask(path).body["message"]) == (404, "Not Found")

    def test_wrong_token_and_host_and_version_are_refused(self, ask: Asked) -> None:
        refused = ask("/users/ann", Authorization="Bearer wrong")
        assert (refused.status, refused.body["message"]) == (401, "Bad credentials")
        assert ask("/users/ann", Host="evil.example").status == 400
        assert ask("/users/ann", X_GitHub_Api_Version="1999-01-01").status == 400
        assert ask("/users/ann", User_Agent="").status == 403


class TestLimits:
    def test_unchanged_answer_is_304_and_costs_nothing(self, ask: Asked) -> None:
        first = ask("/users/ann")
        again = ask("/users/ann", If_None_Match=first.headers["ETag"])
        assert (again.status, again.body) == (304, "")
        assert {answer.headers["X-RateLimit-Remaining"] for answer in (first, again)} == {"49"}
        assert ask("/users/ann", If_None_Match='W/"other"').status == 200

    def test_hour_is_used_up(self, ask: Asked) -> None:
        ask.sandbox.reset(Options(token="right", users=OPTIONS.users, limit=1))
        assert ask("/users/ann").status == 200
        refused = ask("/users/ann")
        assert (refused.status, refused.headers["X-RateLimit-Remaining"]) == (403, "0")
        assert refused.body["message"].startswith("API rate limit exceeded")
        assert 3_590 < int(refused.headers["X-RateLimit-Reset"]) - time.time() <= 3_600

    @pytest.mark.parametrize(
        ("kind", "status", "header"),
        [
            ("rate_limit", 403, "X-RateLimit-Reset"),
            ("rate_limit_429", 429, "X-RateLimit-Reset"),
            ("retry_after", 403, "Retry-After"),
            ("retry_after_429", 429, "Retry-After"),
            ("secondary", 403, ""),
            ("bad_token", 401, ""),
            ("forbidden", 403, ""),
            ("missing", 404, ""),
            ("error_500", 500, ""),
            ("unavailable", 503, ""),
        ],
    )
    def test_fault_happens_as_often_as_requested(self, ask: Asked, kind: str, status: int, header: str) -> None:
        ask.sandbox.faults.add(Fault(kind, path="/users/", times=2, seconds=7))
        assert ask("/repos/o/r").status == 200
        answers = [ask("/users/ann") for _ in range(3)]
        assert [answer.status for answer in answers] == [status, status, 200]
        if header == "Retry-After":
            assert answers[0].headers[header] == "7"
        if header == "X-RateLimit-Reset":
            assert 5 <= int(answers[0].headers[header]) - time.time() <= 7
            assert answers[0].headers["X-RateLimit-Remaining"] == "0"

    @pytest.mark.parametrize("kind", ["timeout", "drop"])
    def test_fault_ends_the_connection(self, ask: Asked, kind: str) -> None:
        ask.sandbox.faults.add(Fault(kind, seconds=0))
        with pytest.raises(OSError, match="closed"):
            ask("/users/ann")

    @pytest.mark.parametrize("wrong", [{"kind": "x"}, {"kind": "drop", "times": 0}, {"kind": "drop", "seconds": -1}])
    def test_fault_that_does_not_exist_is_refused(self, wrong: dict[str, Any]) -> None:
        with pytest.raises(ValueError, match="is"):
            Fault(**wrong)


class TestProgram:
    def test_sample_has_everything_that_a_report_needs(self) -> None:
        found = sample(end=NOW, token="t").repositories
        assert len(found) == 3
        for repository in found:
            issues = [issue for issue in repository.issues if not issue.is_pull_request]
            assert sum(1 for each in issues if each.closed_at and NOW - 7 * DAY <= each.closed_at < NOW) == 120
            assert len({issue.number for issue in repository.issues}) == len(repository.issues)

    def test_starts_answers_and_ends(self) -> None:
        command = [sys.executable, "-m", "sandbox.github", "--port", "0", "--end", NOW.isoformat()]
        with subprocess.Popen(
            command, cwd=BACKEND, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                url = process.stdout.readline().split()[3]
                with Github(base_url=url, auth=Auth.Token("ghp-sandbox")) as client:
                    assert client.get_user("ann-fan").name == "Ann Fan"
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=20) == 0
                assert process.stderr.read() == ""
            finally:
                process.kill()

    def test_imports_nothing_of_the_product(self) -> None:
        script = "import sys, sandbox.github.__main__; print({'apps', 'config', 'django'} & sys.modules.keys())"
        ran = subprocess.run([sys.executable, "-c", script], cwd=BACKEND, capture_output=True, text=True, check=True)
        assert ran.stdout.strip() == "set()"
