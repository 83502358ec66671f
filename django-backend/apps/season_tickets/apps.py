"""What holders have."""

from django.apps import AppConfig


class SeasonTicketsConfig(AppConfig):
    """Season tickets: blocks of seats, with their twins and what holders keep for own use."""

    name = "apps.season_tickets"
    verbose_name = "Season tickets"

    def ready(self) -> None:
        """Notify holders of decisions about their season tickets."""
        from apps.common.listeners import listen  # noqa: PLC0415 - models first
        from apps.season_tickets.services.holder_notices import season_ticket_decided_notify  # noqa: PLC0415
        from apps.season_tickets.topics import SeasonTicketDecision  # noqa: PLC0415

        listen(SeasonTicketDecision, season_ticket_decided_notify, to="holder")
