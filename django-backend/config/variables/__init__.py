"""The table of every environment variable that the product reads; config/environment.py reads by it."""

from dataclasses import replace
from typing import Final

from config.variables.outgoing import OUTGOING
from config.variables.product import PRODUCT
from config.variables.variable import REQUIRED, Required, Variable

__all__ = ["REQUIRED", "VARIABLES", "Required", "Variable"]

VARIABLES: Final[tuple[Variable, ...]] = tuple(
    replace(variable, section=section) for section, variables in (PRODUCT | OUTGOING).items() for variable in variables
)
