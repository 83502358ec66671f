"""Staff decide about season tickets."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from functools import partial
from typing import Final
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from import_export.fields import Field
from unfold.decorators import action

from apps.common.admin_access import ReadOnly, ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin, admin_act
from apps.common.admin_extensions import list_added
from apps.common.admin_links import page_link
from apps.common.admin_lists import RowFilter
from apps.common.admin_once import DecisionForm
from apps.common.errors import DomainError
from apps.common.exports import CsvExportMixin, SafeResource
from apps.common.text import counted, seats_named
from apps.holders.models import TicketHolder
from apps.season_tickets.admin.seats_elsewhere import SeatsElsewhereForm
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.errors import SeasonTicketTwinsUnconfirmed
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.selectors.twins import Twin, twins_of
from apps.season_tickets.services.decisions import season_ticket_end, season_ticket_reject, season_ticket_verify
from apps.season_tickets.services.season_tickets import seats_elsewhere_enter


class SeasonTicketResource(SafeResource):
    """One line a block of seats; `event` is the game elsewhere that it is for, empty for one at the home venue."""

    holder = Field("holder__user__email")
    team = Field("team__name")
    season = Field("season__name")
    event = Field("event__label")
    seats = Field()

    class Meta:
        model = SeasonTicket
        fields = (
            "id", "holder", "team", "season", "event", "section", "row", "seats", "numbering", "status", "created_at",
        )  # fmt: skip
        export_order = fields

    def dehydrate_seats(self, season_ticket: SeasonTicket) -> str:
        return ", ".join(season_ticket.seats)


ELSEWHERE: Final = ("elsewhere_of", "event", "venue")


class WithheldSeatInline(ReadOnlyInline):
    """The seats that the holder keeps for own use."""

    model = WithheldSeat
    fields = ("event", "seat")
    ordering = ("event__starts_at", "id")
    related = ("event",)


@admin.register(SeasonTicket)
class SeasonTicketAdmin(ReadOnly, CsvExportMixin, SafeModelAdmin):
    """Season tickets; the status moves by the actions only."""

    empty_note = "Holders register their season tickets themselves."
    resource_classes = (SeasonTicketResource,)

    list_display = (
        "holder", "team", "season", "event", "section", "row", "seat_names", "numbering", "status", "created_at",
    )  # fmt: skip
    list_filter = (
        "status",
        "numbering",
        "team__league",
        ("season", RowFilter),
        ("team", admin.RelatedOnlyFieldListFilter),
    )
    list_select_related = ("holder__user", "team", "season__league", "event")
    search_fields = ("id__exact", "holder__user__folded", "team__folded", "section", "row")
    date_hierarchy = "created_at"
    inlines = (WithheldSeatInline,)
    actions = ("verify", "reject", "end")
    actions_detail = ("enter_seats_elsewhere",)
    action_form = DecisionForm
    fields = (
        "holder", "team", "season", *ELSEWHERE, "section", "row", "seat_names", "numbering",
        "may_be_same_as", "status", "rejection_reason", "decided_by", "decided_at", "end_reason", "ended_by",
        "ended_at", "created_at",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: SeasonTicket | None = None) -> list[str]:
        return [name for name in self.fields if name not in ELSEWHERE or (obj and obj.elsewhere_of_id)]

    @action(
        description="Seats elsewhere",
        url_path="elsewhere",
        permissions=["season_tickets.change_seasonticket"],
        icon="travel",
    )
    def enter_seats_elsewhere(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Enter which seats the holder has at a home game that is not at the home venue."""
        season_ticket = self.get_object(request, str(object_id))
        if season_ticket is None:
            raise Http404
        form = SeatsElsewhereForm(request.POST or None, season_ticket=season_ticket)
        if request.method == "POST" and form.is_valid():
            try:
                block = seats_elsewhere_enter(
                    season_ticket_id=season_ticket.pk, **form.cleaned_data, act=admin_act(request)
                )
            except DomainError as refusal:
                for detail in refusal.details:
                    form.add_error(detail.attr if detail.attr in form.fields else None, detail.detail)
            else:
                self.log_addition(request, block, "Seats at a game elsewhere.")
                self.message_user(request, f"{block}: entered and verified. The holder is notified.", messages.SUCCESS)
                return redirect("admin:season_tickets_seasonticket_change", block.pk)
        context = {"title": f"Seats elsewhere: {season_ticket}", "button": "Enter seats", "icon": "travel"}
        return self.own_page(request, "season_tickets/seats_elsewhere.html", form=form, **context)

    @admin.display(description="Seats", ordering="first_seat")
    def seat_names(self, season_ticket: SeasonTicket) -> str:
        if season_ticket.general_admission_block:
            return f"{len(season_ticket.seats)} places"
        return seats_named(season_ticket.seats)

    @admin.display(description="May be the same seats as")
    def may_be_same_as(self, season_ticket: SeasonTicket) -> SafeString:
        """Other season tickets whose seats read like these, each with a link to name it as another row."""
        return twin_links(season_ticket, twins_of([season_ticket]).get(season_ticket.pk, []))

    @admin.action(description="Verify", permissions=["decide"])
    def verify(self, request: HttpRequest, queryset: QuerySet[SeasonTicket]) -> HttpResponse | None:
        """Confirm that the seats are the holder's; a page asks first about those that may be another's too."""
        confirmed = confirmed_twins(request)
        self._decide(request, queryset, "verified", partial(season_ticket_verify, confirmed_twins=confirmed))
        pending = queryset.filter(status=SeasonTicketStatus.PENDING).select_related("team", "season__league")
        asked = unconfirmed_twins(list(pending), confirmed)
        if not asked:
            return None
        title = "Compare before you verify"
        return self.own_page(request, "season_tickets/twins.html", asked=asked, title=title)

    @admin.action(description="Reject with the reason", permissions=["decide"])
    def reject(self, request: HttpRequest, queryset: QuerySet[SeasonTicket]) -> None:
        self._decide(request, queryset, "rejected", season_ticket_reject, needs_reason=True)

    @admin.action(description="End with the reason", permissions=["decide"])
    def end(self, request: HttpRequest, queryset: QuerySet[SeasonTicket]) -> None:
        self._decide(request, queryset, "ended", season_ticket_end, needs_reason=True)

    def _decide(
        self,
        request: HttpRequest,
        queryset: QuerySet[SeasonTicket],
        done: str,
        service: Callable[..., None],
        *,
        needs_reason: bool = False,
    ) -> None:
        act = admin_act(request, request.POST.get("reason", "").strip()[:300] if needs_reason else "")
        if needs_reason and not act.reason:
            self.message_user(request, "Write the reason that the holder will read, then try again.", messages.ERROR)
            return
        decided = 0
        for season_ticket in queryset:
            try:
                service(season_ticket_id=season_ticket.pk, act=act)
            except SeasonTicketTwinsUnconfirmed:
                continue  # the page asks
            except DomainError as refusal:
                self.message_user(request, _refusal_text(season_ticket, refusal), messages.WARNING)
            else:
                decided += 1
                self.log_change(request, season_ticket, f"Season ticket {done}.")
        if decided:
            self.message_user(request, f"{counted(decided, 'season ticket')} {done}.", messages.SUCCESS)


def _refusal_text(season_ticket: SeasonTicket, refusal: DomainError) -> SafeString | str:
    other_ids: tuple[UUID, ...] = getattr(refusal, "other_ids", ())
    if not other_ids:
        return f"{season_ticket}: {refusal}"
    others = SeasonTicket.objects.filter(id__in=other_ids).select_related("holder__user")
    links = format_html_join(
        ", ",
        '<a href="{}">season ticket of {}</a>',
        ((reverse("admin:season_tickets_seasonticket_change", args=[other.pk]), other.holder) for other in others),
    )
    return format_html("{}: {} See the {}.", season_ticket, refusal, links)


def twin_links(season_ticket: SeasonTicket, twins: Sequence[Twin]) -> SafeString:
    """Return links to the twins and, for those of other names, to the form that names both rows as distinct."""
    page = "season_tickets_seasonticket_change"
    links = ((page_link(page, twin.text, key=twin.season_ticket.id), _way_out(season_ticket, twin)) for twin in twins)
    return format_html_join("", "<p>{}{}</p>", links)


def unconfirmed_twins(
    season_tickets: Collection[SeasonTicket], confirmed: Collection[UUID]
) -> list[tuple[SeasonTicket, list[Twin], SafeString]]:
    """Return what staff have to compare: season tickets with their twins, of which none is verified, and the links."""
    found = twins_of(season_tickets)
    return [
        (block, twins, twin_links(block, twins))
        for block in season_tickets
        if (twins := found.get(block.id, []))
        and not any(twin.is_verified for twin in twins)
        and not {twin.season_ticket.id for twin in twins} <= set(confirmed)
    ]


def confirmed_twins(request: HttpRequest) -> set[UUID]:
    """Return the season tickets that the page showed before it was sent."""
    confirmed = set()
    for text in request.POST.getlist("confirmed_twins"):
        with suppress(ValueError):
            confirmed.add(UUID(text))
    return confirmed


def _way_out(season_ticket: SeasonTicket, twin: Twin) -> SafeString:
    if twin.is_same:
        return format_html("")
    places = {
        "team": season_ticket.team_id,
        "section": season_ticket.section,
        "row": season_ticket.row,
        "other_section": twin.season_ticket.section,
        "other_row": twin.season_ticket.row,
    }
    return format_html(" ({})", page_link("season_tickets_distinctplace_add", "the venue has both rows", **places))


list_added(TicketHolder, "Season tickets", model="season_tickets_seasonticket", by="holder__id__exact")
