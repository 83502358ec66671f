"""Questions about ticket holders and the commission that applies to them."""

from collections.abc import Set
from datetime import date
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q

from apps.holders.models import CommissionAgreement, TicketHolder
from apps.holders.rules import CommissionRate, CommissionScope, commission_rate
from apps.users.models import User


def ticket_holder_of(user: User | AnonymousUser) -> TicketHolder | None:
    """Return the ticket holder of a user; asked again of the same object, it costs no query."""
    return getattr(user, "ticket_holder", None)


def profile_of(user: User) -> User:
    """Return the user with ticket holder and `email_verified`, in one query."""
    verified = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    return User.objects.select_related("ticket_holder").annotate(email_verified=Exists(verified)).get(pk=user.pk)


def commission_rate_for(*, holder: TicketHolder | None, team_id: UUID | None = None, on: date) -> CommissionRate:
    """Return the rate that the house takes on the UTC date `on` of the holder's seats of a team, in one query.

    None as the holder asks for the rate of a new one, None as the team for what applies whatever the team.
    """
    sale = CommissionScope(holder.id if holder else None, team_id)
    return commission_rates_for(sales={sale}, on=on)[sale]


def commission_rates_for(*, sales: Set[CommissionScope], on: date) -> dict[CommissionScope, CommissionRate]:
    """Return the rate of each pair of holder and team on the UTC date `on`; one query however many, none for none."""
    holder_ids = {sale.holder_id for sale in sales} - {None}
    team_ids = {sale.team_id for sale in sales} - {None}
    agreements = CommissionAgreement.objects.filter(
        Q(holder__in=holder_ids) | Q(holder=None, team__in=team_ids),
        Q(valid_until=None) | Q(valid_until__gt=on),
        valid_from__lte=on,
    )
    rows = agreements.order_by().values_list("holder_id", "team_id", "rate_bps")
    agreed = {CommissionScope(holder_id, team_id): rate_bps for holder_id, team_id, rate_bps in rows}
    default = settings.DEFAULT_COMMISSION_RATE_BPS
    return {sale: commission_rate(agreed, sale=sale, default_bps=default) for sale in sales}


def commission_agreement_overlapping(
    *, scope: CommissionScope, valid_from: date, valid_until: date | None, besides_id: UUID | None = None
) -> CommissionAgreement | None:
    """Return the earliest agreement of this very scope that applies on a day from `valid_from` up to `valid_until`."""
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
