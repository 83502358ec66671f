"""Admin pages of ticket holders and commission agreements."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone

from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.errors import DomainError
from apps.common.money import rate_to_text
from apps.holders.forms import CommissionAgreementEndForm, CommissionAgreementForm, TicketHolderForm
from apps.holders.models import CommissionAgreement, TicketHolder
from apps.holders.rules import rate_day
from apps.holders.services import commission_agreement_create, commission_agreement_end


@admin.register(TicketHolder)
class TicketHolderAdmin(SafeModelAdmin):
    """Contact data and interests; the account never changes, and history refers to every holder."""

    list_display = ("user", "name", "phone", "timezone", "is_season_ticket_interest", "is_card_interest", "created_at")
    list_select_related = ("user",)
    list_filter = ("is_season_ticket_interest", "is_card_interest", "timezone", "user__is_active")
    search_fields = ("user__folded", "phone", "address")
    autocomplete_fields = ("user",)
    form = TicketHolderForm
    readonly_fields = ("created_at", "updated_at")

    @admin.display(ordering="user__last_name")
    def name(self, holder: TicketHolder) -> str:
        return holder.user.get_full_name()

    def get_readonly_fields(self, request: HttpRequest, obj: TicketHolder | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "user") if obj else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: TicketHolder | None = None) -> bool:
        return False


@admin.register(CommissionAgreement)
class CommissionAgreementAdmin(SafeModelAdmin):
    """Agreements are made and ended, never edited: another rate is another agreement. Past sales keep their split."""

    empty_note = "Without an agreement the default rate applies: BUSINESS_TOTAL_EXPENSES."
    list_display = ("holder", "team", "agreed_rate", "valid_from", "valid_until", "note", "made_by")
    list_display_links = ("agreed_rate",)
    list_select_related = ("holder__user", "team", "made_by")
    list_filter = ("valid_from", "valid_until")
    search_fields = ("holder__user__folded", "team__folded", "note")
    autocomplete_fields = ("holder", "team")
    form = CommissionAgreementForm

    @admin.display(description="rate", ordering="rate_bps")
    def agreed_rate(self, agreement: CommissionAgreement) -> str:
        return rate_to_text(agreement.rate_bps)

    def get_form(
        self, request: HttpRequest, obj: CommissionAgreement | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        if obj:
            kwargs["form"] = CommissionAgreementEndForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: CommissionAgreement | None = None) -> tuple[str, ...]:
        rate = "agreed_rate" if obj else "rate"
        terms = ("holder", "team", rate, "valid_from", "valid_until", "note")
        return (*terms, "made_by", "created_at") if obj else terms

    def get_readonly_fields(self, request: HttpRequest, obj: CommissionAgreement | None = None) -> tuple[str, ...]:
        return tuple(field for field in self.get_fields(request, obj) if field != "valid_until") if obj else ()

    def has_delete_permission(self, request: HttpRequest, obj: CommissionAgreement | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: CommissionAgreement, form: Any, change: bool) -> None:
        data, today = form.cleaned_data, rate_day(timezone.now())
        if change and not form.has_changed():
            return
        if change:
            commission_agreement_end(agreement_id=obj.pk, valid_until=data["valid_until"], today=today)
            return
        obj.pk = commission_agreement_create(
            scope=form.scope(),
            rate_bps=data["rate_bps"],
            valid_from=data["valid_from"],
            valid_until=data["valid_until"],
            act=admin_act(request, data["note"]),
        ).pk

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show why the service refused; nothing is written then."""
        try:
            page: HttpResponse = super().changeform_view(request, object_id, form_url, extra_context)
        except DomainError as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
            return HttpResponseRedirect(request.get_full_path())
        return page
