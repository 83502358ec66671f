"""Words of holders and their commission."""

from enum import StrEnum
from typing import Final

# Where staff find the id of a holder: beside each season ticket.
HOLDERS: Final = "/api/v1/staff/season-tickets/?search="


class CommissionRule(StrEnum):
    """Which rule gave a rate; the strongest first."""

    LISTING = "listing"
    HOLDER_TEAM = "holder_team"
    HOLDER = "holder"
    TEAM = "team"
    DEFAULT = "default"
