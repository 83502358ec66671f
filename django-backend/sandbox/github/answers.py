"""Data as GitHub writes them in JSON, and what it says when something is wrong."""

import zlib
from datetime import UTC, datetime
from typing import Any

from sandbox.github.options import Issue, Repository, User

Json = dict[str, Any]
_DOCUMENTATION = "https://docs.github.com/rest"
SITE = "https://github.com"


def repository_json(repository: Repository, url: str) -> Json:
    """Return a repository; `url` is the address of the API."""
    owner, _, name = repository.full_name.partition("/")
    return {
        "id": number_of(repository.full_name),
        "name": name,
        "full_name": repository.full_name,
        "owner": user_json(User(owner), url),
        "private": True,
        "html_url": f"{SITE}/{repository.full_name}",
        "url": f"{url}/repos/{repository.full_name}",
        "has_issues": repository.has_issues,
        # As on GitHub, pull requests are counted too.
        "open_issues_count": sum(issue.closed_at is None for issue in repository.issues),
    }


def issue_json(issue: Issue, repository: Repository, url: str) -> Json:
    """Return an issue of a list; a pull request is one with the key `pull_request`."""
    kind = "pull" if issue.is_pull_request else "issues"
    assignees = [user_json(User(login), url) for login in issue.assignees]
    shown: Json = {
        "id": number_of(f"{repository.full_name}#{issue.number}"),
        "number": issue.number,
        "title": issue.title,
        "state": "closed" if issue.closed_at else "open",
        "state_reason": "completed" if issue.closed_at else None,
        "url": f"{url}/repos/{repository.full_name}/issues/{issue.number}",
        "html_url": f"{SITE}/{repository.full_name}/{kind}/{issue.number}",
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "created_at": _time(issue.created_at),
        "updated_at": _time(issue.updated_at),
        "closed_at": _time(issue.closed_at),
    }
    if issue.is_pull_request:
        shown["pull_request"] = {"url": f"{url}/repos/{repository.full_name}/pulls/{issue.number}"}
    return shown


def user_json(user: User, url: str) -> Json:
    """Return an account as it appears in other objects: without its real name."""
    return {
        "login": user.login,
        "id": number_of(user.login),
        "url": f"{url}/users/{user.login}",
        "html_url": f"{SITE}/{user.login}",
        "type": "Bot" if user.login.endswith("[bot]") else "User",
    }


def refusal(message: str, **more: Any) -> Json:
    """Return the body of an error."""
    return {"message": message, "documentation_url": _DOCUMENTATION, **more}


def number_of(name: str) -> int:
    """Return an id that is the same for a name in every run."""
    return zlib.crc32(name.encode()) + 1


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
