"""Who pressed a button: the member of staff with the e-mail address that Slack reports."""

from typing import Final

from django.core.cache import cache

from apps.notifications.api import UNREACHABLE, SlackRefused, own_team, user_profile
from apps.triage.errors import StaffUnknown
from apps.users.models import User

CACHE_SECONDS: Final = 600
_NOBODY: Final = "You have no staff account with the address of your Slack profile, so nothing was done."


def staff_of(*, slack_user: str, model: str, deciding: bool = True) -> User:
    """Return the member of staff behind a Slack user who may view, and change if `deciding`, rows of `app.model`.

    Being in the channel gives no permission. The address is Slack's (`users.info`, cached for ten minutes); account and
    permissions are read each time.

    Raises:
        StaffUnknown: there is no such account, or it may not do this; the sentence is for the Slack user.
        DeliveryDelayed, SlackRefused, SlackUnanswered: Slack does not report the address now.
    """
    email = _email_of(slack_user)
    user = User.objects.filter(email=email, is_active=True, is_staff=True).first() if email else None
    if user is None:
        raise StaffUnknown(_NOBODY)
    app, name = model.split(".")
    wanted = [f"{app}.{action}_{name}" for action in ("view", *(["change"] if deciding else []))]
    if not user.has_perms(wanted):
        raise StaffUnknown("Your account may not do this, so nothing was done.")
    return user


def _email_of(slack_user: str) -> str:
    key = f"slack-user-email:{slack_user}"
    known: str | None = cache.get(key)
    if known is not None:
        return known
    try:
        found, team = user_profile(user=slack_user), own_team()
    except SlackRefused as error:
        if error.reason == UNREACHABLE:
            raise
        raise StaffUnknown(
            f"Slack did not give us your e-mail address ({error.reason}), so nothing was done."
        ) from error
    # In a shared channel, another workspace vouches for addresses, which we cannot trust.
    is_ours = found.get("team_id") == team and found.get("is_email_confirmed", True)
    is_person = not (found.get("deleted") or found.get("is_bot"))
    email = str(found.get("profile", {}).get("email") or "").strip().lower() if is_ours and is_person else ""
    cache.set(key, email, CACHE_SECONDS)
    return email
