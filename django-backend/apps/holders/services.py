"""Use cases of ticket holders."""

from collections.abc import Mapping
from typing import TypedDict

from django.db import transaction

from apps.holders.errors import NotATicketHolder
from apps.holders.models import TicketHolder
from apps.holders.selectors import ticket_holder_of
from apps.users.models import User


class HolderChanges(TypedDict, total=False):
    """What a holder may change about themselves; keys that are left out stay as they are."""

    phone: str
    address: str
    timezone: str
    is_season_ticket_interest: bool
    is_card_interest: bool


def ticket_holder_create(
    *,
    user: User,
    phone: str,
    address: str,
    timezone: str,
    is_season_ticket_interest: bool,
    is_card_interest: bool,
) -> TicketHolder:
    """Make a user a ticket holder; `phone` is in international form, `timezone` an IANA name, both checked before."""
    return TicketHolder.objects.create(
        user=user,
        phone=phone,
        address=address,
        timezone=timezone,
        is_season_ticket_interest=is_season_ticket_interest,
        is_card_interest=is_card_interest,
    )


@transaction.atomic
def profile_update(
    *,
    user: User,
    first_name: str | None = None,
    last_name: str | None = None,
    holder_changes: HolderChanges | None = None,
) -> None:
    """Change a user's names and contact data; None leaves a name as it is.

    Raises:
        NotATicketHolder: there are changes for a ticket holder, and the user has none.
    """
    names = {
        field: value for field, value in {"first_name": first_name, "last_name": last_name}.items() if value is not None
    }
    _save_changes(user, names)
    if holder_changes is None:
        return
    holder = ticket_holder_of(user)
    if holder is None:
        raise NotATicketHolder("This account has no ticket holder.", attr="ticket_holder")
    _save_changes(holder, holder_changes)


def _save_changes(row: User | TicketHolder, changes: Mapping[str, object]) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    if changes:
        bookkeeping = ["updated_at"] if isinstance(row, TicketHolder) else []
        row.save(update_fields=[*changes, *bookkeeping])
