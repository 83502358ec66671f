"""`/api/v1/me/`, and who counts as a holder."""

import threading

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connections
from rest_framework.response import Response
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate
from rest_framework.views import APIView

from apps.holders.models import TicketHolder
from apps.holders.permissions import IsTicketHolder
from apps.holders.testing.factories import TicketHolderFactory
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

ME, HOLDER = "/api/v1/me/", "/api/v1/me/holder/"
REFUSAL = "Only ticket holders may do this. Become one by PUT /api/v1/me/holder/."


def signed_in(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(User.objects.get(pk=user.pk))
    return client


def everything_about(holder: TicketHolder) -> tuple[dict, dict, list, list]:
    user = User.objects.filter(pk=holder.user_id)
    return (
        user.values().get(),
        TicketHolder.objects.filter(pk=holder.pk).values().get(),
        list(user.get().groups.all()),
        list(user.get().user_permissions.all()),
    )


@pytest.fixture
def holder() -> TicketHolder:
    return TicketHolderFactory()


class TestProfileGet:
    def test_shows_holders_who_they_are(self, holder):
        assert signed_in(holder.user).get(ME).json() == {
            "id": str(holder.user.id),
            "email": holder.user.email,
            "first_name": holder.user.first_name,
            "last_name": holder.user.last_name,
            "email_verified": True,
            "is_staff": False,
            "ticket_holder": {
                "id": str(holder.id),
                "phone": "+12155550123",
                "address": "1 Pattison Avenue, Philadelphia, PA 19148",
                "timezone": "America/New_York",
                "is_season_ticket_interest": False,
                "is_card_interest": False,
            },
        }

    def test_shows_staff_that_they_are_not_holders(self):
        answer = signed_in(UserFactory(staff=True)).get(ME).json()
        assert answer["is_staff"] is True
        assert answer["ticket_holder"] is None

    def test_says_when_the_address_is_not_verified(self):
        assert signed_in(UserFactory(verified=False)).get(ME).json()["email_verified"] is False

    @pytest.mark.parametrize("make", [lambda: TicketHolderFactory().user, UserFactory])
    def test_costs_one_query(self, make, django_assert_num_queries):
        client = signed_in(make())
        with django_assert_num_queries(1):
            assert client.get(ME).status_code == 200

    def test_costs_two_queries_with_an_access_token(self, holder, django_assert_num_queries):
        client = AppClient()
        client.log_in(holder.user.email, PASSWORD)
        with django_assert_num_queries(2):  # user and session, the profile
            assert client.get(ME).status_code == 200

    @pytest.mark.parametrize("method", ["get", "patch"])
    def test_is_closed_to_strangers(self, method):
        answer = getattr(APIClient(), method)(ME)
        assert answer.status_code == 401
        assert answer.json()["errors"][0]["code"] == "not_authenticated"

    @pytest.mark.parametrize("method", ["post", "put", "delete"])
    def test_has_no_other_methods(self, holder, method):
        assert getattr(signed_in(holder.user), method)(ME).status_code == 405


class TestProfilePatch:
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("phone", "+442079460958"),
            ("address", "2 Broad Street"),
            ("timezone", "Europe/London"),
            ("is_season_ticket_interest", True),
            ("is_card_interest", True),
        ],
    )
    def test_changes_one_field_of_the_holder(self, holder, field, value):
        before = signed_in(holder.user).get(ME).json()
        answer = signed_in(holder.user).patch(ME, {"ticket_holder": {field: value}})
        assert answer.status_code == 200
        assert answer.json() == {**before, "ticket_holder": {**before["ticket_holder"], field: value}}
        assert signed_in(holder.user).get(ME).json() == answer.json()

    @pytest.mark.parametrize("field", ["first_name", "last_name"])
    def test_changes_a_name(self, holder, field):
        before = signed_in(holder.user).get(ME).json()
        assert signed_in(holder.user).patch(ME, {field: "Changed"}).json() == {**before, field: "Changed"}

    def test_stores_a_phone_number_in_one_form(self, holder):
        answer = signed_in(holder.user).patch(ME, {"ticket_holder": {"phone": "+44 20 7946 0958"}})
        assert answer.json()["ticket_holder"]["phone"] == "+442079460958"

    def test_reads_a_number_of_the_country_of_the_address(self, holder):
        """That of the same request, or the one on file."""
        client = signed_in(holder.user)
        answer = client.patch(ME, {"ticket_holder": {"phone": "(215) 555-0199"}})
        assert answer.json()["ticket_holder"]["phone"] == "+12155550199"
        body = {"ticket_holder": {"phone": "020 7946 0958", "address": "10 Downing Street, London, UK"}}
        assert client.patch(ME, body).json()["ticket_holder"]["phone"] == "+442079460958"
        holder.refresh_from_db()
        answer = signed_in(holder.user).patch(ME, {"ticket_holder": {"phone": "020 7946 0959"}})
        assert answer.json()["ticket_holder"]["phone"] == "+442079460959"

    def test_changes_nothing_when_nothing_is_sent(self, holder):
        before = everything_about(holder)
        assert signed_in(holder.user).patch(ME, {}).status_code == 200
        assert everything_about(holder) == before

    @pytest.mark.parametrize(
        "field",
        [
            "id",
            "pk",
            "email",
            "email_verified",
            "is_staff",
            "is_superuser",
            "is_active",
            "groups",
            "user_permissions",
            "date_joined",
            "last_login",
            "password",
        ],
    )
    def test_refuses_what_is_not_a_persons_to_change(self, holder, field):
        """S3-51, S3-49: roles, verification and identity are not writable through the profile, field by field."""
        permission, group = Permission.objects.first(), Group.objects.create(name="STT Staff")
        value = {
            "id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "pk": "01890a5d-ac96-774b-bcce-b302099a8057",
            "email": "boss@example.com",
            "email_verified": False,
            "is_active": False,
            "groups": [group.pk],
            "user_permissions": [permission.pk],
            "date_joined": "2001-01-01T00:00:00Z",
            "last_login": "2001-01-01T00:00:00Z",
            "password": "Another-Row-7",
        }.get(field, True)
        before = everything_about(holder)
        [error] = signed_in(holder.user).patch(ME, {field: value}).json()["errors"]
        shown = field in {"id", "email", "email_verified", "is_staff"}
        assert (error["attr"], error["code"]) == (field, "read_only" if shown else "unknown")
        assert everything_about(holder) == before

    @pytest.mark.parametrize("field", ["id", "user", "user_id", "created_at"])
    def test_refuses_whose_holder_it_is(self, holder, field):
        other = TicketHolderFactory()
        value = {"id": str(other.id), "created_at": "2001-01-01T00:00:00Z"}.get(field, str(other.user_id))
        before, others = everything_about(holder), everything_about(other)
        [error] = signed_in(holder.user).patch(ME, {"ticket_holder": {field: value}}).json()["errors"]
        assert (error["attr"], error["code"]) == (f"ticket_holder.{field}", "read_only" if field == "id" else "unknown")
        assert everything_about(holder) == before
        assert everything_about(other) == others

    @pytest.mark.parametrize(
        ("body", "attr", "code"),
        [
            ({"first_name": ""}, "first_name", "blank"),
            ({"first_name": None}, "first_name", "null"),
            ({"first_name": ["Ann"]}, "first_name", "invalid"),
            ({"last_name": "A" * 151}, "last_name", "max_length"),
            ({"last_name": "A\x00"}, "last_name", "null_characters_not_allowed"),
            ({"ticket_holder": None}, "ticket_holder", "null"),
            ({"ticket_holder": "x"}, "ticket_holder", "invalid"),
            ({"ticket_holder": {"phone": "020 7946 0958"}}, "ticket_holder.phone", "invalid"),
            ({"ticket_holder": {"phone": "1" * 41}}, "ticket_holder.phone", "max_length"),
            ({"ticket_holder": {"address": "1 Street\u202e"}}, "ticket_holder.address", "character_not_allowed"),
            ({"first_name": "Ann\u202e"}, "first_name", "character_not_allowed"),
            ({"last_name": "Fan\r\nBcc: x"}, "last_name", "character_not_allowed"),
            ({"ticket_holder": {"phone": 5}}, "ticket_holder.phone", "invalid"),
            ({"ticket_holder": {"phone": ""}}, "ticket_holder.phone", "blank"),
            ({"ticket_holder": {"address": ""}}, "ticket_holder.address", "blank"),
            ({"ticket_holder": {"address": "A" * 256}}, "ticket_holder.address", "max_length"),
            ({"ticket_holder": {"timezone": "Mars/Olympus"}}, "ticket_holder.timezone", "unknown_time_zone"),
            ({"ticket_holder": {"timezone": "Etc/GMT+6"}}, "ticket_holder.timezone", "unknown_time_zone"),
            ({"ticket_holder": {"is_card_interest": "maybe"}}, "ticket_holder.is_card_interest", "invalid"),
            ({"ticket_holder": {"is_card_interest": None}}, "ticket_holder.is_card_interest", "null"),
        ],
    )
    def test_names_a_field_with_a_bad_value(self, holder, body, attr, code):
        before = everything_about(holder)
        answer = signed_in(holder.user).patch(ME, body)
        assert answer.status_code == 400
        assert (attr, code) in [(error["attr"], error["code"]) for error in answer.json()["errors"]]
        assert everything_about(holder) == before

    def test_refuses_half_a_character(self, holder):
        body = r'{"last_name": "\ud800"}'
        answer = signed_in(holder.user).generic("PATCH", ME, body, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "last_name"

    @pytest.mark.parametrize("body", ["[]", '"text"', "5", "{", "null"])
    def test_refuses_a_body_that_is_no_object(self, holder, body):
        answer = signed_in(holder.user).generic("PATCH", ME, body, content_type="application/json")
        assert answer.status_code == 400

    def test_gives_staff_no_holder(self):
        user = UserFactory(staff=True)
        answer = signed_in(user).patch(ME, {"first_name": "Changed", "ticket_holder": {"address": "x"}})
        assert answer.status_code == 400
        assert [(e["attr"], e["code"]) for e in answer.json()["errors"]] == [("ticket_holder", "not_a_ticket_holder")]
        user.refresh_from_db()
        assert user.first_name == "Pat", "all of a request or nothing"

    def test_changes_the_names_of_staff(self):
        assert signed_in(UserFactory(staff=True)).patch(ME, {"first_name": "New"}).json()["first_name"] == "New"

    def test_costs_the_same_for_one_field_and_for_all(self, holder, django_assert_num_queries):
        client = signed_in(holder.user)
        with django_assert_num_queries(6):  # savepoint, two updates and the holder, savepoint, profile
            client.patch(ME, {"first_name": "A", "ticket_holder": {"phone": "+442079460958", "address": "x"}})


GIVEN = {"phone": "(215) 555-0123", "address": "1 Pattison Avenue, Philadelphia"}


class TestHolderPut:
    def test_makes_a_buyer_a_holder(self):
        user = UserFactory()
        assert signed_in(user).post("/api/v1/season-tickets/", {}).status_code == 403
        answer = signed_in(user).put(HOLDER, GIVEN)
        assert answer.status_code == 201
        holder = TicketHolder.objects.get(user=user)
        assert answer.json() == {
            "id": str(holder.id),
            "phone": "+12155550123",
            "address": "1 Pattison Avenue, Philadelphia",
            "timezone": "UTC",
            "is_season_ticket_interest": False,
            "is_card_interest": False,
        }
        assert signed_in(user).get(ME).json()["ticket_holder"] == answer.json()
        assert signed_in(user).post("/api/v1/season-tickets/", {}).status_code == 400, "let in, and nothing was sent"

    def test_replaces_what_is_known_of_a_holder(self, holder):
        TicketHolder.objects.filter(pk=holder.pk).update(is_card_interest=True)
        other = everything_about(TicketHolderFactory())
        answer = signed_in(holder.user).put(HOLDER, GIVEN | {"timezone": "Europe/London"})
        assert answer.status_code == 200
        holder.refresh_from_db()
        assert (holder.timezone, holder.is_card_interest) == ("Europe/London", False), (
            "what is left out has its default"
        )
        assert answer.json()["id"] == str(holder.id)
        assert TicketHolder.objects.count() == 2
        assert everything_about(TicketHolder.objects.exclude(pk=holder.pk).get()) == other

    @pytest.mark.parametrize(
        ("body", "errors"),
        [
            ({}, {("phone", "required"), ("address", "required")}),
            ({"phone": "+12155550123"}, {("address", "required")}),
            (GIVEN | {"phone": "12"}, {("phone", "invalid")}),
            (GIVEN | {"address": "\u202e"}, {("address", "character_not_allowed")}),
            (GIVEN | {"timezone": "Mars/Olympus"}, {("timezone", "unknown_time_zone")}),
            (GIVEN | {"timezone": "EST"}, {("timezone", "unknown_time_zone")}),
            (GIVEN | {"timezone": "UTC"}, {("timezone", "unknown_time_zone")}),
            (GIVEN | {"id": "01890a5d-ac96-774b-bcce-b302099a8057"}, {("id", "read_only")}),
            (GIVEN | {"user": "01890a5d-ac96-774b-bcce-b302099a8057"}, {("user", "unknown")}),
        ],
    )
    def test_names_a_field_with_a_bad_value(self, body, errors):
        answer = signed_in(UserFactory()).put(HOLDER, body)
        assert answer.status_code == 400
        assert {(error["attr"], error["code"]) for error in answer.json()["errors"]} == errors
        assert not TicketHolder.objects.exists()

    def test_is_closed_to_strangers(self):
        assert APIClient().put(HOLDER, GIVEN).status_code == 401
        assert not TicketHolder.objects.exists()

    @pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
    def test_has_no_other_methods(self, holder, method):
        assert getattr(signed_in(holder.user), method)(HOLDER).status_code == 405


@pytest.mark.django_db(transaction=True)
class TestHolderPutRace:
    def test_makes_one_holder_of_two_requests_at_once(self):
        user, barrier, statuses = UserFactory(), threading.Barrier(2), []

        def put() -> None:
            client = signed_in(user)
            barrier.wait(20)
            statuses.append(client.put(HOLDER, GIVEN).status_code)
            connections.close_all()

        threads = [threading.Thread(target=put) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(statuses) == [200, 201]
        assert TicketHolder.objects.count() == 1


class HolderOnlyView(APIView):
    """A view as other apps write it."""

    permission_classes = [IsTicketHolder]

    def get(self, request):
        return Response()


class TestIsTicketHolder:
    def ask(self, user: User | None) -> Response:
        request = APIRequestFactory().get("/")
        if user:
            force_authenticate(request, User.objects.get(pk=user.pk))
        return HolderOnlyView.as_view()(request)

    def test_lets_a_holder_in(self, holder):
        assert self.ask(holder.user).status_code == 200

    def test_says_why_it_refuses_others(self):
        answer = self.ask(UserFactory(superuser=True))
        assert answer.status_code == 403
        assert answer.data["errors"] == [{"code": "not_a_ticket_holder", "detail": REFUSAL, "attr": None}]

    def test_asks_strangers_to_sign_in(self):
        assert self.ask(None).status_code == 401
