"""One environment variable: its name, what it is for, its defaults."""

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final


class Required(Enum):
    """Marks a default that does not exist: the process refuses to start without the variable."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


@dataclass(frozen=True, kw_only=True)
class Variable:
    """One environment variable: defaults are written as the text that would stand in the environment.

    A local default that `run_local.sh` replaces (`brought`) is commented out in the example of a local file.
    """

    name: str
    purpose: str
    kind: str = "str"
    local: str | None = None
    production: str | Required | None = None
    alias: str | None = None
    section: str = "Django"
    brought: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the variable may be set, strongest first."""
        return (self.name, self.alias) if self.alias else (self.name,)


def same(default: str | None, **fields: Any) -> Variable:
    """Return a variable with the same default in every stage."""
    return Variable(local=default, production=default, **fields)
