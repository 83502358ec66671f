"""The only row locks of this app."""

from allauth.mfa.models import Authenticator


def second_factors_locked(*, after_id: int, limit: int) -> list[Authenticator]:
    """Return the next second factors after this id, locked: a recovery code that is used meanwhile stays used."""
    rows = Authenticator.objects.select_for_update().filter(id__gt=after_id).order_by("id")
    return list(rows[:limit])
