"""What Stripe sent, and what became of it."""

from django.contrib import admin

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.payments.models import StripeEvent


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, SafeModelAdmin):
    """Events of Stripe, read-only; the sweep handles those that wait."""

    empty_note = "Stripe sends events once its webhook endpoint is set up: manage.py stripe_webhook_endpoint."
    list_display = ("type", "event_id", "object_id", "received_at", "attempts", "handled_at", "outcome")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "outcome", "type")
    search_fields = ("event_id__exact", "object_id__exact")
    date_hierarchy = "received_at"
