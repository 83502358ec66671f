"""Ids with the prefixes that Stripe gives them."""

import secrets
import string
from typing import Final

_LETTERS: Final = string.ascii_letters + string.digits
PREFIXES: Final = {
    "checkout.session": "cs_test_", "payment_intent": "pi_", "charge": "ch_", "refund": "re_", "customer": "cus_",
    "dispute": "du_", "event": "evt_", "webhook_endpoint": "we_", "balance_transaction": "txn_", "transfer": "tr_",
    "transfer_reversal": "trr_", "payment_method": "pm_", "radar.early_fraud_warning": "issfr_", "item": "li_",
    "price": "price_", "product": "prod_",
}  # fmt: skip


def new_id(kind: str) -> str:
    """Return a fresh id with the prefix of its kind."""
    return PREFIXES[kind] + "".join(secrets.choice(_LETTERS) for _ in range(58 if kind == "checkout.session" else 24))
