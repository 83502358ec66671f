"""Questions about users."""

from apps.users.models import User


def email_is_taken(email: str) -> bool:
    """Return whether an account has this address, in any case."""
    return User.objects.filter(email=email.lower()).exists()
