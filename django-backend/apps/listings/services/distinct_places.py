"""Staff name two places of a venue that read alike and are not the same."""

from django.db import transaction

from apps.catalog.models import Team
from apps.common.acts import Act
from apps.common.text import normalise_printed
from apps.listings.errors.season_tickets import PlacesNotAlike
from apps.listings.locks import place_locked
from apps.listings.models import DistinctPlace
from apps.listings.rules.seat_keys import not_alike_reason


@transaction.atomic
def distinct_place_name(
    *, team: Team, section: str, row: str, other_section: str, other_row: str, act: Act
) -> DistinctPlace:
    """Record that the team's home venue has both rows: season tickets of both can be verified from then on.

    Repeating it changes nothing.

    Raises:
        PlacesNotAlike: the names do not read alike, or are the same.
    """
    names = {"section": section, "row": row, "other_section": other_section, "other_row": other_row}
    printed = {name: normalise_printed(text) for name, text in names.items()}
    if problem := not_alike_reason(**printed):
        raise PlacesNotAlike(problem, attr="other_row")
    place_locked(team_id=team.id, section=printed["section"], row=printed["row"])
    defaults = {"reason": act.reason, "named_by_id": act.actor_id}
    named, _ = DistinctPlace.objects.get_or_create(team=team, **printed, defaults=defaults)
    return named
