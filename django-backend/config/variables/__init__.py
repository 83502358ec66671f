"""The table of every environment variable that the product reads; config/environment.py reads by it."""

from typing import Final

from config.variables.observability import OBSERVABILITY
from config.variables.outgoing import OUTGOING
from config.variables.product import PRODUCT
from config.variables.variable import REQUIRED, Required, Variable

__all__ = ["REQUIRED", "VARIABLES", "Required", "Variable"]

VARIABLES: Final[tuple[Variable, ...]] = PRODUCT + OUTGOING + OBSERVABILITY
