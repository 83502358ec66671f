"""Use cases of ticket holders and of the commission agreed with them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.common.acts import Act
from apps.common.database import violated_constraint
from apps.holders.errors import (
    CommissionAgreementOver,
    CommissionAgreementOverlaps,
    CommissionEndInPast,
    CommissionPeriodBackwards,
    CommissionRateOutOfRange,
    CommissionScopeMissing,
    NotATicketHolder,
)
from apps.holders.locks import commission_agreements_locked
from apps.holders.models import MAX_RATE_BPS, CommissionAgreement, TicketHolder
from apps.holders.rules import CommissionScope
from apps.holders.selectors import commission_agreement_overlapping, ticket_holder_of
from apps.users.models import User


class HolderChanges(TypedDict, total=False):
    """What a holder may change about themselves; keys that are left out stay as they are."""

    phone: str
    address: str
    timezone: str
    is_season_ticket_interest: bool
    is_card_interest: bool


def ticket_holder_put(
    *,
    user: User,
    phone: str,
    address: str,
    timezone: str,
    is_season_ticket_interest: bool,
    is_card_interest: bool,
) -> tuple[TicketHolder, bool]:
    """Make a user a ticket holder, or replace their data; return the holder and whether they are new.

    `phone` is in international form, `timezone` an IANA name, both already checked. Of two concurrent requests one
    makes the holder, the other replaces the data.
    """
    return TicketHolder.objects.update_or_create(
        user=user,
        defaults={
            "phone": phone,
            "address": address,
            "timezone": timezone,
            "is_season_ticket_interest": is_season_ticket_interest,
            "is_card_interest": is_card_interest,
        },
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
        raise NotATicketHolder(attr="ticket_holder")
    _save_changes(holder, holder_changes)


def _save_changes(row: User | TicketHolder, changes: Mapping[str, object]) -> None:
    for field, value in changes.items():
        setattr(row, field, value)
    if changes:
        bookkeeping = ["updated_at"] if isinstance(row, TicketHolder) else []
        row.save(update_fields=[*changes, *bookkeeping])


@transaction.atomic
def commission_agreement_create(
    *,
    scope: CommissionScope,
    rate_bps: int,
    valid_from: date,
    valid_until: date | None,
    act: Act,
) -> CommissionAgreement:
    """Agree on a rate for a holder, a team or a holder's seats of a team, from `valid_from` up to `valid_until` (UTC).

    Past sales keep their frozen split. `valid_from` may be in the past: it applies to sales that are recorded late.

    Raises:
        CommissionScopeMissing: neither holder nor team.
        CommissionRateOutOfRange: the rate is not from 0 to 9,999 basis points.
        CommissionPeriodBackwards: `valid_until` is before `valid_from`.
        CommissionAgreementOverlaps: the scope has an agreement in that period; the sentence names its dates.
    """
    if scope.holder_id is None and scope.team_id is None:
        raise CommissionScopeMissing
    if not 0 <= rate_bps <= MAX_RATE_BPS:
        raise CommissionRateOutOfRange
    if valid_until is not None and valid_until < valid_from:
        raise CommissionPeriodBackwards(valid_from)
    agreement = CommissionAgreement(
        holder_id=scope.holder_id,
        team_id=scope.team_id,
        rate_bps=rate_bps,
        valid_from=valid_from,
        valid_until=valid_until,
        note=act.reason,
        made_by_id=act.actor_id,  # type: ignore[misc]  # the column refuses None
    )
    commission_agreements_locked()
    with _overlap_named(agreement):
        agreement.save(force_insert=True)
    return agreement


@transaction.atomic
def commission_agreement_end(*, agreement_id: UUID, valid_until: date, today: date) -> CommissionAgreement:
    """End an agreement on the day `valid_until` (UTC), which is no longer covered; on its first day, it never applies.

    Until it is over, the end can be moved, either way.

    Raises:
        CommissionEndInPast: `valid_until` lies before `today`.
        CommissionPeriodBackwards: `valid_until` lies before the agreement begins.
        CommissionAgreementOver: it has ended before.
        CommissionAgreementOverlaps: the end is moved into the time of the next agreement.
    """
    commission_agreements_locked()
    agreement = CommissionAgreement.objects.get(id=agreement_id)
    if agreement.valid_until is not None and agreement.valid_until <= today:
        raise CommissionAgreementOver(agreement.valid_until)
    if valid_until < today:
        raise CommissionEndInPast(today)
    if valid_until < agreement.valid_from:
        raise CommissionPeriodBackwards(agreement.valid_from)
    agreement.valid_until = valid_until
    with _overlap_named(agreement):
        agreement.save(update_fields=["valid_until", "updated_at"])
    return agreement


@contextmanager
def _overlap_named(agreement: CommissionAgreement) -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if violated_constraint(error) != "commissionagreement_never_overlaps":
            raise
        other = commission_agreement_overlapping(
            scope=CommissionScope(agreement.holder_id, agreement.team_id),
            valid_from=agreement.valid_from,
            valid_until=agreement.valid_until,
            besides_id=agreement.id,
        )
        if other is None:
            raise
        raise CommissionAgreementOverlaps(valid_from=other.valid_from, valid_until=other.valid_until) from error
