"""The local GitHub as tests see it: what it holds, what it was asked, and what is to go wrong."""

from datetime import datetime
from typing import Any, Final

TOKEN: Final = "ghp-suite"
CHANNEL: Final = "C0WEEKLY01"


class LocalGithub:
    """A running local GitHub; `sandbox` is its application, given by the fixture, which alone may import it."""

    def __init__(self, sandbox: Any, url: str, values: Any, sample: Any, fault: Any) -> None:
        self._sandbox, self._values, self._sample, self._fault = sandbox, values, sample, fault
        self.url = url

    @property
    def calls(self) -> list[str]:
        """Return paths and queries in the order of their arrival."""
        return list(self._sandbox.calls)

    def issue(self, number: int, created_at: datetime, **fields: Any) -> Any:
        """Return an issue, by default an open one of nobody."""
        return self._values.Issue(number, **{"title": f"[tag] Issue {number}", "created_at": created_at, **fields})

    def repository(self, full_name: str, *issues: Any, **fields: Any) -> Any:
        return self._values.Repository(full_name, issues, **fields)

    def user(self, login: str, name: str | None = None) -> Any:
        return self._values.User(login, name)

    def serve(self, *repositories: Any, users: tuple[Any, ...] = (), **more: Any) -> None:
        """Hold these repositories and nothing else; faults and calls are forgotten."""
        options = self._values.Options(repositories=repositories, users=users, **{"token": TOKEN, **more})
        self._sandbox.reset(options)

    def serve_sample(self, *, end: datetime) -> list[str]:
        """Hold the three repositories with 120 issues each that were closed in the week before; return their names."""
        options = self._sample(end=end, token=TOKEN)
        self._sandbox.reset(options)
        return [found.full_name for found in options.repositories]

    def fault(self, kind: str, **more: Any) -> None:
        """Let requests go wrong: `path` they start with, `times` (None: all), `seconds` to wait."""
        self._sandbox.faults.add(self._fault(kind, **more))

    def mend(self) -> None:
        self._sandbox.faults.clear()
