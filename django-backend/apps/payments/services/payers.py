"""Who pays: the owner of a purpose knows it, and is asked for each call."""

from uuid import UUID

from apps.common.hooks import Hook
from apps.payments.enums import Purpose
from apps.payments.rules import Payer


@Hook
def payer_of(*, purpose: Purpose, reference: UUID) -> Payer:
    """Return who pays; the same for as long as the payment is open, or its call is refused as changed."""
    raise NotImplementedError
