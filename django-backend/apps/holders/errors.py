"""What can go wrong with ticket holders and commission agreements."""

from datetime import date
from typing import Final

from apps.common.errors import DomainError

BECOME_ONE: Final = "Become one by PUT /api/v1/me/holder/."


class NotATicketHolder(DomainError, code="not_a_ticket_holder", status=400):
    """The account has no ticket holder: it is a buyer's or a member of staff's."""

    def __init__(self, *, attr: str) -> None:
        super().__init__(f"This account is not a ticket holder. {BECOME_ONE}", attr=attr)


class CommissionScopeMissing(
    DomainError, code="commission_scope_missing", status=400, says="Choose a holder, a team, or both.", attr="holder"
):
    """An agreement without holder and team would be a new default rate; that one is a setting."""


class CommissionRateOutOfRange(
    DomainError,
    code="commission_rate_out_of_range",
    status=400,
    says="A rate is at least 0 and at most 0.9999.",
    attr="rate",
):
    """A rate is at least 0 and less than 1."""


class CommissionPeriodBackwards(DomainError, code="commission_period_backwards", status=400):
    """An agreement would end before it begins."""

    def __init__(self, valid_from: date) -> None:
        super().__init__(
            f"The agreement begins on {valid_from.isoformat()}; it cannot end before that day.", attr="valid_until"
        )


class CommissionEndInPast(DomainError, code="commission_end_in_past", status=400):
    """What applied yesterday stays on record: the end lies today or later."""

    def __init__(self, today: date) -> None:
        super().__init__(f"An agreement can end today, {today.isoformat()}, or later.", attr="valid_until")


class CommissionAgreementOver(DomainError, code="commission_agreement_over"):
    """The agreement has ended; nothing about it changes any more."""

    def __init__(self, valid_until: date) -> None:
        super().__init__(f"The agreement ended on {valid_until.isoformat()}.", attr="valid_until")


class CommissionAgreementOverlaps(DomainError, code="commission_agreement_overlaps"):
    """Another agreement of the same holder and team applies in that period."""

    def __init__(self, *, valid_from: date, valid_until: date | None) -> None:
        end = f"until {valid_until.isoformat()} (that day not included)" if valid_until else "with no end"
        super().__init__(
            f"Another agreement for the same holder and team applies from {valid_from.isoformat()} {end}; "
            "end it first or choose other dates.",
            attr="valid_from",
        )
