"""Admin pages of ticket holders."""

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.holders.models import TicketHolder


@admin.register(TicketHolder)
class TicketHolderAdmin(ModelAdmin):
    """Contact data and interests; whose they are never changes, and history refers to every holder."""

    list_display = ("user", "name", "phone", "timezone", "is_season_ticket_interest", "is_card_interest", "created_at")
    list_select_related = ("user",)
    list_filter = ("is_season_ticket_interest", "is_card_interest", "timezone", "user__is_active")
    search_fields = ("user__email", "user__first_name", "user__last_name", "phone", "address")
    autocomplete_fields = ("user",)
    readonly_fields = ("created_at", "updated_at")

    @admin.display(ordering="user__last_name")
    def name(self, holder: TicketHolder) -> str:
        """Return the holder's full name."""
        return holder.user.get_full_name()

    def get_readonly_fields(self, request: HttpRequest, obj: TicketHolder | None = None) -> tuple[str, ...]:
        """Return what may only be read."""
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: TicketHolder | None = None) -> bool:
        """Nobody deletes holders."""
        return False
