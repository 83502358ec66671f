"""One environment variable: its name, what it is for, how it is read, its defaults."""

from collections.abc import Callable
from dataclasses import KW_ONLY, InitVar, dataclass
from enum import Enum
from typing import Any, Final


class Required(Enum):
    """Marks a default that does not exist: the process refuses to start without the variable."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


@dataclass(frozen=True)
class Variable:
    """One environment variable: defaults are written as the text that would stand in the environment.

    `default` holds in every stage, `local` and `production` in one; `unset` is the value where there is none. A local
    default that `run_local.sh` replaces (`brought`) is commented out in the example of a local file.
    """

    name: str
    purpose: str
    _: KW_ONLY
    parse: Callable[[str], Any] = str
    default: InitVar[str | None] = None
    local: str | None = None
    production: str | Required | None = None
    unset: Any = None
    alias: str | None = None
    section: str = ""
    brought: bool = False

    def __post_init__(self, default: str | None) -> None:
        """Let the default of every stage be that of each."""
        if default is not None:
            object.__setattr__(self, "local", default)
            object.__setattr__(self, "production", default)

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which the variable may be set, strongest first."""
        return (self.name, self.alias) if self.alias else (self.name,)
