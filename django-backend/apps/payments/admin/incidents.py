"""The queue of money incidents, in which staff decide."""

from typing import Final

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from apps.common.admin_access import ReadOnly
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_links import page_link
from apps.common.admin_lists import column
from apps.common.admin_once import DecisionForm, action_box, once
from apps.common.errors import DomainError
from apps.common.form_fields import LineFormField
from apps.common.money import cents_to_text
from apps.payments.enums import IncidentState
from apps.payments.models import MoneyIncident
from apps.payments.services.incidents import incident_decide

_DECIDED: Final = {
    IncidentState.ACCEPTED: "Accepted",
    IncidentState.REFUNDED: "Refunded",
    IncidentState.DISMISSED: "Dismissed",
}


class IncidentDecisionForm(DecisionForm):
    """The action bar with the reason of a decision."""

    reason = LineFormField(label="", max_length=300, required=False, widget=action_box("Reason, without names"))


@admin.register(MoneyIncident)
class MoneyIncidentAdmin(ReadOnly, SafeModelAdmin):
    """Money incidents; each is decided once, with a reason."""

    empty_note = "Differences between Stripe and our payments wait here for a decision."
    list_display = ("opened_at", "kind", "state", "money", "payment_page", "stripe_object_id", "decided_at")
    list_filter = ("state", "kind")
    list_select_related = ("payment",)
    search_fields = ("id__exact", "payment__id__exact", "payment__reference__exact", "stripe_object_id__exact")
    date_hierarchy = "opened_at"
    fields = (
        "id", "opened_at", "kind", "payment_page", "stripe_object_id", "payment_intent_id", "money", "expected",
        "found", "state", "how_to_decide", "decided_at", "decided_by", "decision_reason",
    )  # fmt: skip
    readonly_fields = ("id", "payment_page", "money", "how_to_decide")
    actions = ("accept", "refund", "dismiss")
    action_form = IncidentDecisionForm
    payment_page = column(
        "Payment", lambda incident: page_link("payments_payment_change", incident.payment, key=incident.payment_id)
    )
    money = column(
        "Money in question",
        lambda incident: f"{cents_to_text(incident.found_cents)} {incident.payment.currency.upper()}",
        by="found_cents",
    )

    @admin.display(description="How to decide")
    def how_to_decide(self, incident: MoneyIncident) -> str:
        if incident.state != IncidentState.OPEN:
            return "-"
        return "Select it in the list of money incidents, choose an action and give a reason."

    @admin.action(description="Accept: it counts as the payment", permissions=["decide"])
    def accept(self, request: HttpRequest, queryset: QuerySet[MoneyIncident]) -> HttpResponse:
        return self._decide(request, queryset, IncidentState.ACCEPTED)

    @admin.action(description="Refund: all of it goes back", permissions=["decide"])
    def refund(self, request: HttpRequest, queryset: QuerySet[MoneyIncident]) -> HttpResponse:
        return self._decide(request, queryset, IncidentState.REFUNDED)

    @admin.action(description="Dismiss: there is nothing to do", permissions=["decide"])
    def dismiss(self, request: HttpRequest, queryset: QuerySet[MoneyIncident]) -> HttpResponse:
        return self._decide(request, queryset, IncidentState.DISMISSED)

    def _decide(self, request: HttpRequest, queryset: QuerySet[MoneyIncident], decision: IncidentState) -> HttpResponse:
        return once(request, lambda: self._each(request, queryset, decision))

    def _each(self, request: HttpRequest, queryset: QuerySet[MoneyIncident], decision: IncidentState) -> HttpResponse:
        act = admin_act(request, request.POST.get("reason", ""))
        for incident_id in queryset.order_by("id").values_list("id", flat=True):
            try:
                incident = incident_decide(incident_id=incident_id, decision=decision, act=act)
            except DomainError as refusal:
                self.message_user(request, f"Nothing changed for {incident_id}. {refusal}", messages.ERROR)
            else:
                self.log_change(request, incident, f"{_DECIDED[decision]}: {incident.decision_reason}")
                self.message_user(request, f"{_DECIDED[decision]}: {incident}.", messages.SUCCESS)
        return redirect(request.get_full_path())
