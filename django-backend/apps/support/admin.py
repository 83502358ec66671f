"""Messages of the contact form, to read and to mark as answered."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.text import counted
from apps.support.models import ContactMessage
from apps.support.services import contact_messages_answer


@admin.register(ContactMessage)
class ContactMessageAdmin(ReadOnly, SafeModelAdmin):
    """Staff answer by mail and mark the message as answered here."""

    empty_note = "What people write in the contact form appears here."
    list_display = ("received_at", "subject", "name", "email", "answered_at", "answered_by")
    list_display_links = ("received_at", "subject")
    list_filter = (("answered_at", admin.EmptyFieldListFilter),)
    list_select_related = ("answered_by",)
    search_fields = ("name", "email", "subject")
    date_hierarchy = "received_at"
    actions = ("mark_answered",)

    @admin.action(description="Mark as answered", permissions=["answer"])
    def mark_answered(self, request: HttpRequest, queryset: QuerySet[ContactMessage]) -> None:
        chosen = list(queryset.values_list("id", flat=True))
        answered = contact_messages_answer(message_ids=chosen, act=admin_act(request))
        self.message_user(request, f"{counted(answered, 'message')} marked as answered.", messages.SUCCESS)
        if left := len(chosen) - answered:
            self.message_user(request, f"{counted(left, 'message')} had been answered before.", messages.WARNING)

    def has_answer_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("support.change_contactmessage")
