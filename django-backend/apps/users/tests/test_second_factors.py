"""Second factors at rest: what the database shows, and that codes work before, while and after keys change."""

import logging
import threading
import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction

from apps.common.encryption import MARK, seal
from apps.users.services import second_factors_seal
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests.second_factors import person_with_second_factor, stored, stored_in_the_clear

pytestmark = pytest.mark.django_db

OLD, NEW = "old-key-" + "o" * 32, "new-key-" + "n" * 32


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("encrypt_second_factors", *arguments, stdout=out)
    return out.getvalue()


class TestAtRest:
    def test_raw_sql_shows_no_secret(self):
        """S3-55 asks the same of other secrets: who reads the table can make no code."""
        person = person_with_second_factor()
        totp, recovery = Authenticator.objects.order_by("type").values_list("data", flat=True)[::-1]
        text = stored()
        assert person.secret not in text
        assert totp["secret"].startswith(MARK)
        assert recovery["seed"].startswith(MARK)
        assert text.count(MARK) == 2
        assert not any(code in text for code in person.recovery_codes)
        stored_in_the_clear(person)
        assert person.secret in stored(), "the test can see a secret that is there"

    def test_nothing_of_the_set_up_stays_in_the_session(self):
        person = person_with_second_factor()
        with connection.cursor() as cursor:
            cursor.execute("SELECT session_data FROM django_session")
            rows = cursor.fetchall()
        assert rows
        assert all(person.secret not in str(SessionStore().decode(data)) for (data,) in rows)


class TestSignIn:
    @pytest.mark.parametrize("before", ["clear", "sealed"])
    def test_takes_codes_however_the_secret_is_stored(self, before):
        person = person_with_second_factor()
        if before == "clear":
            stored_in_the_clear(person)
        assert person.log_in(person.code()).status_code == 200
        assert person.log_in(person.recovery_codes[0]).status_code == 200
        assert person.log_in("000000").status_code == 400

    def test_works_on_the_page(self):
        person = person_with_second_factor()
        browser = BrowserClient()
        answer = browser.post("/accounts/login/", {"login": person.user.email, "password": PASSWORD})
        assert answer.url == "/accounts/2fa/authenticate/"
        assert browser.post(answer.url, {"code": person.code()}).url == "/accounts/"
        assert browser.get("/api/v1/me/").status_code == 200

    def test_takes_codes_while_keys_are_exchanged(self, settings):
        """First the new key reads, then it writes, then everything is by it, then the old one goes."""
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        person = person_with_second_factor()
        for keys in ([OLD, NEW], [NEW, OLD]):
            settings.DATA_ENCRYPTION_KEYS = keys
            assert person.log_in(person.recovery_codes.pop()).status_code == 200
        assert run() == "2 second factors rewritten, 0 were right.\n"
        settings.DATA_ENCRYPTION_KEYS = [NEW]
        assert person.log_in(person.code()).status_code == 200


class TestWrongKey:
    @pytest.fixture
    def person(self, settings):
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        person = person_with_second_factor()
        settings.DATA_ENCRYPTION_KEYS = [NEW]
        return person

    def test_is_reported_to_the_person_and_to_operators(self, person, caplog):
        with caplog.at_level(logging.ERROR, "apps.users.authentication"):
            answer = person.log_in(person.code())
        assert answer.status_code == 503
        assert [error["code"] for error in answer.json()["errors"]] == ["unavailable"]
        assert "access_token" not in answer.json().get("meta", {})
        assert "DATA_ENCRYPTION_KEYS" in caplog.text
        assert person.user.email not in caplog.text

    def test_is_explained_on_the_page(self, person):
        browser = BrowserClient()
        browser.post("/accounts/login/", {"login": person.user.email, "password": PASSWORD})
        answer = browser.post("/accounts/2fa/authenticate/", {"code": person.code()})
        assert answer.status_code == 503
        assert "write to support" in answer.content.decode()
        assert browser.get("/api/v1/me/").status_code == 401

    def test_harms_nobody_without_a_second_factor(self, person):
        AppClient().log_in(UserFactory().email, PASSWORD)

    def test_is_mended_by_adding_the_old_key(self, person, settings):
        settings.DATA_ENCRYPTION_KEYS = [NEW, OLD]
        assert person.log_in(person.code()).status_code == 200


class TestEncryptSecondFactors:
    def test_encrypts_what_is_in_the_clear_once(self):
        people = [person_with_second_factor() for _ in range(2)]
        stored_in_the_clear(people[0])
        assert run("--dry-run") == "2 second factors to be rewritten, 2 were right.\n"
        assert people[0].secret in stored()
        assert run() == "2 second factors rewritten, 2 were right.\n"
        assert people[0].secret not in stored()
        assert stored().count(MARK) == 4
        assert run() == "0 second factors rewritten, 4 were right.\n"
        for person in people:
            assert person.log_in(person.code()).status_code == 200

    def test_goes_back_for_an_older_version(self, settings):
        """`plain`: processes that know nothing of encryption read what is written, and what there is."""
        person = person_with_second_factor()
        settings.DATA_ENCRYPTION_KEYS = ["plain"]
        later = person_with_second_factor()
        assert later.secret in stored(), "written so that an older process reads it"
        assert run() == "2 second factors rewritten, 2 were right.\n"
        assert MARK not in stored()
        assert person.secret in stored()
        assert person.log_in(person.code()).status_code == 200

    def test_leaves_used_codes_and_dates_alone(self):
        person = person_with_second_factor()
        stored_in_the_clear(person)
        code = person.recovery_codes[0]
        assert person.log_in(code).status_code == 200
        before = {row.id: (row.created_at, row.last_used_at, row.data.get("used_mask")) for row in everything()}
        run()
        assert {row.id: (row.created_at, row.last_used_at, row.data.get("used_mask")) for row in everything()} == before
        assert person.log_in(code).status_code == 400

    def test_encrypts_codes_that_came_from_elsewhere(self):
        row = Authenticator.objects.create(
            user=UserFactory(), type="recovery_codes", data={"migrated_codes": ["11112222", seal("33334444")]}
        )
        run()
        row.refresh_from_db()
        assert all(code.startswith(MARK) for code in row.data["migrated_codes"])
        assert RecoveryCodes(row).get_unused_codes() == ["11112222", "33334444"]

    def test_names_what_no_key_opens_after_doing_the_rest(self, settings):
        settings.DATA_ENCRYPTION_KEYS = [OLD]
        lost = person_with_second_factor()
        settings.DATA_ENCRYPTION_KEYS = [NEW]
        person = person_with_second_factor()
        stored_in_the_clear(person)
        with pytest.raises(CommandError, match="2 cannot be opened") as caught:
            run()
        for row in Authenticator.objects.filter(user=lost.user):
            assert str(row.id) in str(caught.value)
        assert person.secret not in stored()

    def test_takes_any_number_in_batches(self, monkeypatch, django_assert_num_queries):
        monkeypatch.setattr("apps.users.services.BATCH", 3)
        users = UserFactory.create_batch(7)
        Authenticator.objects.bulk_create(
            Authenticator(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"}) for user in users
        )
        assert second_factors_seal().rewritten == 7
        with django_assert_num_queries(12):  # 3 batches and an empty one: savepoint, rows, release
            assert second_factors_seal().unchanged == 7


@pytest.mark.django_db(transaction=True)
class TestCodeUsedMeanwhile:
    """The command reads a row, somebody uses a code of it, the command writes: the code would be good again."""

    def seal_while_a_code_is_used(self) -> tuple[Authenticator, str]:
        """Start the command inside the transaction that uses a code, which goes on once the command waits for it."""
        person = person_with_second_factor()
        stored_in_the_clear(person)
        row = Authenticator.objects.get(type="recovery_codes")

        def seal_all() -> None:
            second_factors_seal()
            connections.close_all()

        command = threading.Thread(target=seal_all)
        with transaction.atomic():
            assert RecoveryCodes(row).validate_code(person.recovery_codes[0])
            command.start()
            wait_for_a_waiter()
        command.join(60)
        row.refresh_from_db()
        return row, person.recovery_codes[0]

    def test_stays_used(self):
        row, code = self.seal_while_a_code_is_used()
        assert row.data["seed"].startswith(MARK)
        assert code not in RecoveryCodes(row).get_unused_codes()

    def test_would_be_good_again_without_the_lock(self, monkeypatch):
        monkeypatch.setattr(
            "apps.users.services.second_factors_locked",
            lambda *, after_id, limit: list(Authenticator.objects.filter(id__gt=after_id).order_by("id")[:limit]),
        )
        row, code = self.seal_while_a_code_is_used()
        assert code in RecoveryCodes(row).get_unused_codes()


def wait_for_a_waiter() -> None:
    """Return once a session of this database waits for a lock; the server says so."""
    deadline = time.monotonic() + 30
    with connection.cursor() as cursor:
        while True:
            cursor.execute(
                "SELECT pg_stat_clear_snapshot(), count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[1]:
                return
            assert time.monotonic() < deadline, "nobody waits for the lock"


def everything():
    return Authenticator.objects.order_by("id")
