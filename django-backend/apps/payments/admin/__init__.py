"""Admin pages of payments, the inbox and money incidents."""

from apps.payments.admin import inbox, incidents, payments

__all__ = ["inbox", "incidents", "payments"]
