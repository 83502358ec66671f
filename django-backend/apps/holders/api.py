"""What other apps may use of holders: who they are, the rate of a sale, and how it splits a price."""

from apps.holders.permissions import HolderWritesMixin, IsTicketHolder
from apps.holders.rules import (
    CommissionRate,
    Payable,
    PayoutExplanation,
    RateKey,
    Split,
    commission_split,
    payout_explanation,
    rate_day,
)
from apps.holders.selectors import commission_rate_for, commission_rates_for, holder_id_of, ticket_holder_of
from apps.holders.serializers import PayoutStepOutput, SplitOutput

__all__ = [
    "CommissionRate", "HolderWritesMixin", "IsTicketHolder", "Payable", "PayoutExplanation", "PayoutStepOutput",
    "RateKey", "Split", "SplitOutput", "commission_rate_for", "commission_rates_for", "commission_split",
    "holder_id_of", "payout_explanation", "rate_day", "ticket_holder_of",
]  # fmt: skip
