"""What Stripe sent, and what became of it."""

from django.contrib import admin
from django.utils.text import Truncator

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_lists import column
from apps.payments.admin.payments import mode_column
from apps.payments.models import StripeEvent


@admin.register(StripeEvent)
class StripeEventAdmin(ReadOnly, SafeModelAdmin):
    """Events of Stripe, read-only; the sweep handles those that wait."""

    empty_note = "Stripe sends events once its webhook endpoint is set up: manage.py stripe_webhook_endpoint."
    list_display = ("type", "event_id", "object_start", "received_at", "attempts", "handled_at", "outcome")
    list_filter = (("handled_at", admin.EmptyFieldListFilter), "outcome", "type")
    search_fields = ("event_id__exact", "object_id__exact")
    date_hierarchy = "received_at"
    fields = (
        "id", "type", "event_id", "object_id", "mode", "api_version", "made_at", "received_at", "claimed_at",
        "attempts", "handled_at", "outcome",
    )  # fmt: skip
    readonly_fields = ("id", "mode")
    mode = mode_column()
    # Ids of sessions have 66 characters: the list would be wider than the page.
    object_start = column("Object", lambda event: Truncator(event.object_id).chars(24), by="object_id")
