"""Ticket holders and commission agreements for tests."""

from datetime import date

import factory
from django.apps import apps
from django.db.models import Model

from apps.holders.models import CommissionAgreement, TicketHolder
from apps.users.testing.factories import UserFactory


class TicketHolderFactory(factory.django.DjangoModelFactory[TicketHolder]):
    """A holder in Philadelphia with a verified user."""

    class Meta:
        model = TicketHolder

    user = factory.SubFactory(UserFactory)
    phone = "+12155550123"
    address = "1 Pattison Avenue, Philadelphia, PA 19148"
    timezone = "America/New_York"


class CommissionAgreementFactory(factory.django.DjangoModelFactory[CommissionAgreement]):
    """15 % with a holder of its own, from 2026 on."""

    class Meta:
        model = CommissionAgreement

    holder = factory.SubFactory(TicketHolderFactory)
    rate_bps = 1_500
    valid_from = date(2026, 1, 1)
    note = "Twenty seats a season"
    made_by = factory.SubFactory(UserFactory, staff=True)


def make_team() -> Model:
    """Return a team in a league of its own; the catalogue stands beside this app, so its factories are out of reach."""
    number = apps.get_model("catalog", "Team").objects.count()
    league = apps.get_model("catalog", "League").objects.create(code=f"C{number}", name=f"League {number}")
    return apps.get_model("catalog", "Team").objects.create(league=league, name=f"Team {number}")
