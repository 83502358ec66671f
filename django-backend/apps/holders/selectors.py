"""Questions about ticket holders and the commission that applies to them."""

from collections.abc import Set
from datetime import date
from typing import Any, Final
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.holders.models import CommissionAgreement, TicketHolder
from apps.holders.rules import AgreedRate, CommissionRate, CommissionScope, RateKey, commission_rate
from apps.users.models import User

# As a statement: it is part of every page of listings and of every sale, and the ORM needs twice as long to write it as
# PostgreSQL to answer it.
_AGREED: Final = """
SELECT holder_id, team_id, rate_bps, valid_from FROM holders_commissionagreement
WHERE (holder_id = ANY(%(holders)s) OR (holder_id IS NULL AND team_id = ANY(%(teams)s)))
    AND valid_from <= %(on)s AND (valid_until IS NULL OR valid_until > %(on)s)
"""


def ticket_holder_of(user: User | AnonymousUser) -> TicketHolder | None:
    """Return the ticket holder of a user; cached on the object."""
    return getattr(user, "ticket_holder", None)


def holder_id_of(*, user: User) -> QuerySet[TicketHolder, UUID]:
    """Return the id of a user's ticket holder as a value inside another query.

    Comparing with it uses an index on the holder. With a join, PostgreSQL would read the newest rows of everybody until
    it has a page of the user's.
    """
    return TicketHolder.objects.filter(user=user).values_list("id", flat=True)[:1]


def profile_of(user: User) -> User:
    """Return the user with ticket holder and `email_verified`."""
    verified = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    return User.objects.select_related("ticket_holder").annotate(email_verified=Exists(verified)).get(pk=user.pk)


def commission_rate_for(
    *, holder: TicketHolder | None, team_id: UUID | None = None, listing_rate_bps: int | None = None, on: date
) -> CommissionRate:
    """Return the rate on the UTC date `on` for the holder's seats of a team.

    Without a holder, the rate of a new one; without a team, the rate that applies to any team.
    """
    key = RateKey(holder.id if holder else None, team_id, listing_rate_bps)
    return commission_rates_for(keys={key}, on=on)[key]


def commission_rates_for(*, keys: Set[RateKey], on: date) -> dict[RateKey, CommissionRate]:
    """Return the rate of each key on the UTC date `on`; no query when no agreement can matter."""
    asked = [key for key in keys if key.listing_rate_bps is None]
    holder_ids = [holder for holder in {key.holder_id for key in asked} if holder]
    team_ids = [team for team in {key.team_id for key in asked} if team]
    rows = _agreed(holder_ids, team_ids, on) if holder_ids or team_ids else []
    agreed = {CommissionScope(holder, team): AgreedRate(rate_bps, since) for holder, team, rate_bps, since in rows}
    default = settings.DEFAULT_COMMISSION_RATE_BPS
    return {key: commission_rate(agreed, key=key, default_bps=default) for key in keys}


def _agreed(holder_ids: list[UUID], team_ids: list[UUID], on: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_AGREED, {"holders": holder_ids, "teams": team_ids, "on": on})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def commission_agreement_overlapping(
    *, scope: CommissionScope, valid_from: date, valid_until: date | None, besides_id: UUID | None = None
) -> CommissionAgreement | None:
    """Return the earliest agreement of this scope that applies on a day from `valid_from` up to `valid_until`."""
    before_end = Q() if valid_until is None else Q(valid_from__lt=valid_until)
    same_scope = CommissionAgreement.objects.filter(holder=scope.holder_id, team=scope.team_id).exclude(
        id__in=[besides_id] if besides_id else []
    )
    return (
        same_scope.filter(
            before_end,
            Q(valid_until=None) | Q(valid_until__gt=valid_from),
            Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
        )
        .order_by("valid_from")
        .first()
    )
