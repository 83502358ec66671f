"""Questions about users."""

from apps.users.models import User


def email_is_taken(email: str) -> bool:
    """Tell whether an account has this address, in whatever case it is written."""
    return User.objects.filter(email=email.lower()).exists()
