"""The holder admin."""

import pytest

from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import save
from apps.holders.models import TicketHolder
from apps.holders.testing.factories import TicketHolderFactory
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db

LIST = "/admin/holders/ticketholder/"


class TestTicketHolderAdmin:
    def test_finds_by_name_address_and_phone(self):
        wanted, other = TicketHolderFactory(phone="+442079460958"), TicketHolderFactory()
        client = browser_of(superuser())
        for text in (wanted.user.email, wanted.user.last_name, "7946"):
            content = client.get(LIST, {"q": text}).content.decode()
            assert wanted.user.email in content
            assert other.user.email not in content

    def test_filters_by_interest(self):
        wanted, other = TicketHolderFactory(is_card_interest=True), TicketHolderFactory()
        client = browser_of(superuser())
        content = client.get(LIST, {"is_card_interest__exact": "1"}).content.decode()
        assert wanted.user.email in content
        assert other.user.email not in content

    def test_never_changes_whose_holder_it_is(self):
        holder, other = TicketHolderFactory(), UserFactory()
        data = {"user": other.pk, "phone": "+442079460958", "address": "x", "timezone": "America/Denver"}
        page = f"{LIST}{holder.pk}/change/"
        assert save(browser_of(superuser()), page, data).status_code == 302
        owner = holder.user
        holder.refresh_from_db()
        assert holder.user == owner
        assert str(holder.phone) == "+442079460958"

    def test_makes_a_holder_with_a_number_of_the_country_of_the_address(self):
        user, client = UserFactory(), browser_of(superuser())
        data = {
            "user": user.pk,
            "phone": "(215) 555-0123",
            "address": "1 Pattison Avenue",
            "timezone": "America/New_York",
        }
        wrong = client.post(f"{LIST}add/", data | {"address": "10 Downing Street, London, UK"})
        assert "not a valid phone number in the country of the address (GB)" in wrong.content.decode()
        turned = client.post(f"{LIST}add/", data | {"address": "1 Street \u202e"})
        assert "Remove the invisible character U+202E" in turned.content.decode()
        assert not TicketHolder.objects.exists()
        assert client.post(f"{LIST}add/", data).status_code == 302
        assert str(TicketHolder.objects.get(user=user).phone) == "+12155550123"

    @pytest.mark.parametrize("stored", ["UTC", "EST"])
    def test_keeps_a_stored_zone_and_takes_only_regions_as_new_ones(self, stored):
        holder = TicketHolderFactory(timezone=stored)
        chief, page = browser_of(superuser()), f"{LIST}{holder.pk}/change/"
        assert save(chief, page, address="2 Pattison Avenue").status_code == 302
        answer = save(chief, page, timezone="MST")
        assert "MST is not the time zone of a region. Did you mean America/Denver?" in answer.content.decode()
        assert save(chief, page, timezone="America/Denver").status_code == 302
        answer = save(chief, page, timezone=stored)
        assert "is not the time zone of a region" in answer.content.decode()
        holder.refresh_from_db()
        assert (holder.timezone, holder.address) == ("America/Denver", "2 Pattison Avenue")

    def test_lists_any_number_of_holders_in_as_many_queries(self, django_assert_num_queries):
        client = browser_of(superuser())
        TicketHolderFactory.create_batch(2)
        with django_assert_num_queries(6):
            client.get(LIST)
        TicketHolderFactory.create_batch(10)
        with django_assert_num_queries(6):
            assert client.get(LIST).status_code == 200
