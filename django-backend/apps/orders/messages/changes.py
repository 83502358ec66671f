"""What every mail about a change of an event says."""

from apps.catalog.enums import EventStatus
from apps.catalog.models import EventChange


def change_title(change: EventChange) -> str:
    """Return what has changed about an event: `New date and venue`."""
    news = {"date": change.is_new_date, "venue": change.is_new_venue, "opponent": change.is_new_opponent}
    words = [word for word, is_new in news.items() if is_new] or ["date"]
    return f"New {' and '.join(filter(None, (', '.join(words[:-1]), words[-1])))}"


def change_sides(change: EventChange) -> tuple[str, str]:
    """Return the event before and after a change: its start, and venue and opponent if they are new."""
    sides = []
    venues, teams = (change.from_venue, change.to_venue), ("from_away_team", "to_away_team")
    for start, venue, team in zip(change.local_starts, venues, teams, strict=True):
        opponent = f"against {getattr(change, team) or 'an opponent to be decided'}" if change.is_new_opponent else ""
        sides.append(", ".join(filter(None, (start, str(venue) if change.is_new_venue else "", opponent))))
    return sides[0], sides[1]


def change_template(change: EventChange) -> str:
    """Return the name of the mails about a change: `event_postponed`, `event_cancelled` or `event_rescheduled`."""
    if change.to_status not in {change.from_status, EventStatus.SCHEDULED}:
        return f"event_{change.to_status}"
    return "event_rescheduled"
