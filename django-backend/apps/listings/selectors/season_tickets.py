"""Reads of season tickets and of the games they give seats at."""

from django.db.models import QuerySet

from apps.catalog.models import Event
from apps.listings.models import SeasonTicket
from apps.users.models import User


def season_tickets_visible_to(*, user: User) -> QuerySet[SeasonTicket]:
    """Return the user's own season tickets, or all of them for staff who may view them."""
    season_tickets = SeasonTicket.objects.select_related("team", "season")
    if user.is_staff and user.has_perm("listings.view_seasonticket"):
        return season_tickets
    return season_tickets.filter(holder__user=user)


def home_games_of(*, season_ticket: SeasonTicket) -> QuerySet[Event]:
    """Return the home games of the block's team in its season, first one first."""
    games = Event.objects.filter(season=season_ticket.season_id, home_team=season_ticket.team_id)
    return games.order_by("starts_at", "id").only("id", "starts_at", "status")
