"""What staff see about season tickets that may be for the same seats."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from uuid import UUID

from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.common.admin_links import page_link
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.selectors.twins import Twin, twins_of


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
