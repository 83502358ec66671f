"""Reads environment variables by the table in config/variables/.

A name that is not in the table cannot be read, and devtools/environment_docs.py writes docs/settings.md and
.env.dev.example from the same table, so code, documentation and example never drift apart.
"""

import os
from copy import copy
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

from config.variables import REQUIRED, VARIABLES

BACKEND_DIR: Final = Path(__file__).resolve().parent.parent
PROJECT_DIR: Final = BACKEND_DIR.parent


class Stage(Enum):
    """Which column of defaults applies; the test settings use the local one."""

    LOCAL = "local"
    PRODUCTION = "production"

    @classmethod
    def of(cls, settings_module: str) -> "Stage":
        """Return the stage of a settings module such as `config.settings.production`."""
        return cls.PRODUCTION if settings_module.endswith(".production") else cls.LOCAL


_BY_NAME: Final = {variable.name: variable for variable in VARIABLES}
_NAMES: Final = {name for variable in VARIABLES for name in variable.names}
# So alike are names that differ in a letter or two; less alike ones may be of other programs.
_MISSPELT: Final = 0.93


def source_of(name: str) -> str | None:
    """Return the name by which the environment has the variable, None when it is unset."""
    return next((candidate for candidate in _BY_NAME[name].names if os.environ.get(candidate)), None)


class Environment:
    """Reads the variables of the table for one stage; an unknown name is a programming error (KeyError).

    Raises:
        ImproperlyConfigured: a variable that is unset seems to be set under a misspelt name.
    """

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        unset = [name for variable in VARIABLES if source_of(variable.name) is None for name in variable.names]
        for name in os.environ.keys() - _NAMES:
            if near := get_close_matches(name, unset, n=1, cutoff=_MISSPELT):
                raise ImproperlyConfigured(f"There is no environment variable {name}. Did you mean {near[0]}?")

    def __call__(self, name: str) -> Any:
        """Return the typed value of `name`, or None when it is unset and has no default.

        Raises:
            ImproperlyConfigured: names the variable that is missing or has a value of the wrong form.
        """
        variable = _BY_NAME[name]
        default = variable.production if self.stage is Stage.PRODUCTION else variable.local
        source = source_of(name)
        if source is None:
            if default is REQUIRED:
                raise ImproperlyConfigured(
                    f"Set the environment variable {' or '.join(variable.names)}: {variable.purpose}"
                )
            if default is None:
                return copy(variable.unset)
        try:
            return variable.parse(os.environ[source] if source else str(default))
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(
                f"The environment variable {source} has a value of the wrong form: {error}"
            ) from None
