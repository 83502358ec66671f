"""Sign-up through the API: what it makes, what it refuses, and that a refusal leaves nothing behind."""

import threading

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.db import connection, connections

from apps.holders.models import TicketHolder
from apps.holders.testing.stories import signup_data
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def sign_up(**changes):
    return AppClient().accounts("POST", "auth/signup", signup_data(**changes))


def nothing_written() -> bool:
    return not (User.objects.exists() or TicketHolder.objects.exists() or EmailAddress.objects.exists() or mail.outbox)


class TestSignup:
    def test_makes_a_ticket_holder(self):
        """S3-49: sign-up takes names, phone, address, time zone and the two interest flags."""
        answer = sign_up(email="Ann@Example.COM")
        assert answer.status_code == 401
        assert {"id": "verify_email", "is_pending": True} in answer.json()["data"]["flows"]
        assert "access_token" not in answer.json()["meta"]
        holder = TicketHolder.objects.select_related("user").get()
        assert (holder.user.email, holder.user.first_name, holder.user.last_name) == ("ann@example.com", "Ann", "Fan")
        assert (str(holder.phone), holder.address) == ("+12155550123", "1 Pattison Avenue, Philadelphia")
        assert holder.timezone == "America/New_York"
        assert (holder.is_season_ticket_interest, holder.is_card_interest) == (True, False)
        assert EmailAddress.objects.get().email == "ann@example.com"
        assert not EmailAddress.objects.get().verified
        assert [message.to for message in mail.outbox] == [["ann@example.com"]]

    def test_takes_utc_and_no_interest_when_left_out(self):
        sign_up(timezone=None, is_season_ticket_interest=None, is_card_interest=None)
        holder = TicketHolder.objects.get()
        assert (holder.timezone, holder.is_season_ticket_interest, holder.is_card_interest) == ("UTC", False, False)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("is_staff", True),
            ("is_superuser", True),
            ("is_active", False),
            ("groups", [1]),
            ("user_permissions", [1]),
            ("email_verified", True),
            ("verified", True),
            ("id", "01890a5d-ac96-774b-bcce-b302099a8057"),
            ("date_joined", "2001-01-01T00:00:00Z"),
            ("username", "boss"),
        ],
    )
    def test_refuses_what_is_not_a_persons_to_say(self, field, value):
        answer = sign_up(**{field: value})
        assert answer.status_code == 400
        assert [(error["attr"], error["code"]) for error in answer.json()["errors"]] == [(field, "unknown")]
        assert nothing_written()

    def test_makes_a_plain_user_without_what_a_holder_needs(self):
        """A buyer; they become a holder by `PUT /api/v1/me/holder/`."""
        bare = dict.fromkeys(("phone", "address", "timezone", "is_season_ticket_interest", "is_card_interest"))
        assert sign_up(**bare).status_code == 401
        empty = {"phone": "", "address": "", "timezone": "", "is_card_interest": False}
        assert sign_up(**{**bare, **empty, "email": "bob@example.com"}).status_code == 401
        assert User.objects.count() == EmailAddress.objects.count() == 2
        assert not TicketHolder.objects.exists()

    @pytest.mark.parametrize("given", ["phone", "address", "timezone", "is_season_ticket_interest", "is_card_interest"])
    def test_names_what_is_missing_for_a_holder(self, given):
        names = ("phone", "address", "timezone", "is_season_ticket_interest", "is_card_interest")
        rest = {name: None for name in names if name != given} | ({"is_card_interest": True} if "card" in given else {})
        answer = sign_up(**rest)
        assert answer.status_code == 400
        missing = [(name, "required") for name in ("phone", "address") if name != given]
        assert [(error["attr"], error["code"]) for error in answer.json()["errors"]] == missing
        assert nothing_written()

    @pytest.mark.parametrize(
        ("phone", "address", "stored"),
        [
            ("(215) 555-0123", "1 Pattison Avenue, Philadelphia", "+12155550123"),
            ("020 7946 0958", "10 Downing Street, London, UK", "+442079460958"),
        ],
    )
    def test_reads_a_number_of_the_addresss_country(self, phone, address, stored):
        assert sign_up(phone=phone, address=address).status_code == 401
        assert str(TicketHolder.objects.get().phone) == stored

    @pytest.mark.parametrize("field", ["email", "password", "first_name", "last_name", "phone", "address"])
    def test_names_a_missing_field(self, field):
        answer = sign_up(**{field: None})
        assert answer.status_code == 400
        assert [(error["attr"], error["code"]) for error in answer.json()["errors"]] == [(field, "required")]
        assert nothing_written()

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("email", "nobody", "invalid"),
            ("email", 5, "invalid"),
            ("email", "a@\ud800.com", "surrogate_characters_not_allowed"),
            ("password", "12345678", "password_too_common"),
            ("password", "Row-Seat-\ud800", "surrogate_characters_not_allowed"),
            ("phone", "020 7946 0958", "invalid"),
            ("phone", "1" * 41, "max_length"),
            ("email", "ann@ex\u202eample.com", "character_not_allowed"),
            ("first_name", "Ann\u202e", "character_not_allowed"),
            ("last_name", "Fan\r\nBcc: x", "character_not_allowed"),
            ("address", "1 Street\n\u2066", "character_not_allowed"),
            ("phone", "+1999", "invalid"),
            ("phone", 12155550123, "invalid"),
            ("phone", ["+12155550123"], "invalid"),
            ("phone", {"number": "+12155550123"}, "invalid"),
            ("phone", True, "invalid"),
            ("first_name", 5, "invalid"),
            ("first_name", "A" * 151, "max_length"),
            ("first_name", "A\x00", "null_characters_not_allowed"),
            ("last_name", ["Fan"], "invalid"),
            ("last_name", "\ud800", "surrogate_characters_not_allowed"),
            ("address", {}, "invalid"),
            ("address", "A" * 256, "max_length"),
            ("timezone", "Mars/Olympus", "unknown_time_zone"),
            ("timezone", 5, "invalid"),
            ("is_card_interest", "maybe", "invalid"),
            ("is_card_interest", 5, "invalid"),
            ("is_season_ticket_interest", [False], "invalid"),
        ],
    )
    def test_names_a_field_with_a_bad_value(self, field, value, code):
        answer = sign_up(**{field: value})
        assert answer.status_code == 400
        errors = answer.json()["errors"]
        assert {error["attr"] for error in errors} == {field}
        assert code in {error["code"] for error in errors}
        assert all(error["detail"] for error in errors)
        assert nothing_written()

    @pytest.mark.parametrize("body", ["[]", '"text"', "5", "{", "null"])
    def test_refuses_a_body_that_is_no_object(self, body):
        route = f"{AppClient.ACCOUNTS}auth/signup"
        assert AppClient().generic("POST", route, body, content_type="application/json").status_code == 400
        assert nothing_written()

    def test_leaves_nothing_behind_when_the_holder_cannot_be_written(self):
        """S3-49: user, address and holder are one transaction, and no mail goes out for a sign-up that failed."""
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE holders_ticketholder ADD CONSTRAINT nobody CHECK (address = '') NOT VALID")
        client = AppClient(raise_request_exception=False)
        assert client.accounts("POST", "auth/signup", signup_data()).status_code == 500
        assert nothing_written()

    def test_does_not_reveal_who_has_an_account(self):
        known, unknown = sign_up(), sign_up(email="bob@example.com")
        users = User.objects.count()
        again = sign_up()
        assert again.status_code == known.status_code == unknown.status_code
        assert again.json()["data"] == known.json()["data"] == unknown.json()["data"]
        assert User.objects.count() == users

    def test_does_not_touch_an_existing_account(self):
        user = UserFactory(email="ann@example.com", first_name="Original")
        password = user.password
        sign_up(email="ANN@example.com")
        user.refresh_from_db()
        assert (user.first_name, user.password) == ("Original", password)
        assert "already" in mail.outbox[0].body


@pytest.mark.django_db(transaction=True)
class TestSignupRace:
    def test_makes_one_account_of_two_sign_ups_at_once(self):
        barrier, statuses = threading.Barrier(2), []

        def run() -> None:
            client = AppClient()
            barrier.wait()
            statuses.append(client.accounts("POST", "auth/signup", signup_data()).status_code)
            connections.close_all()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {400, 401}
        assert 401 in statuses
        assert User.objects.count() == TicketHolder.objects.count() == EmailAddress.objects.count() == 1
