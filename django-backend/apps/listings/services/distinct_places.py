"""Staff name two places of a venue that read alike and are not the same."""

from django.db import transaction

from apps.catalog.models import Team
from apps.common.text import normalise_printed
from apps.listings.errors.season_tickets import PlacesNotAlike
from apps.listings.locks import place_locked
from apps.listings.models import DistinctPlace
from apps.listings.rules.seat_keys import place_key
from apps.users.models import User


@transaction.atomic
def distinct_place_name(
    *, team: Team, section: str, row: str, other_section: str, other_row: str, reason: str, actor: User
) -> DistinctPlace:
    """Record that the team's home venue has both rows; season tickets for both can be verified from then on.

    Raises:
        PlacesNotAlike: the names do not read alike, so that nothing keeps anybody from verifying both, or they are one.
    """
    place, other = _printed(section, row), _printed(other_section, other_row)
    if place == other:
        raise PlacesNotAlike("Both are the same place.", attr="other_row")
    if place_key(*place) != place_key(*other):
        raise PlacesNotAlike("These two do not read alike: both can be verified as it is.", attr="other_row")
    place_locked(team_id=team.id, section=place[0], row=place[1])
    named = DistinctPlace(
        team=team, section=place[0], row=place[1], other_section=other[0], other_row=other[1], reason=reason,
        named_by=actor,
    )  # fmt: skip
    named.save(force_insert=True)
    return named


def _printed(section: str, row: str) -> tuple[str, str]:
    return normalise_printed(section), normalise_printed(row)
