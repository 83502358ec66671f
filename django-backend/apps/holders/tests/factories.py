"""Ticket holders for tests."""

import factory

from apps.holders.models import TicketHolder
from apps.users.tests.factories import UserFactory


class TicketHolderFactory(factory.django.DjangoModelFactory[TicketHolder]):
    """A holder in Philadelphia with a verified user."""

    class Meta:
        model = TicketHolder

    user = factory.SubFactory(UserFactory)
    phone = "+12155550123"
    address = "1 Pattison Avenue, Philadelphia, PA 19148"
    timezone = "America/New_York"
