"""What is hidden because of its form, and what is not."""

import re

import pytest
from django.core.signing import Signer, TimestampSigner, dumps
from django.db import DatabaseError, IntegrityError, OperationalError

from apps.common.errors import DomainError
from apps.common.ids import uuid7
from apps.common.redaction import _FORMS, MAX_FRAMES, MAX_TEXT, error_line, error_text, redacted, redacted_path

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg"


class TestRedacted:
    @pytest.mark.parametrize(
        ("text", "secret"),
        [
            ("mail to ann.fan+seats@mail.example.com failed", "ann.fan"),
            ("GET /x?email=ann%40example.com", "ann"),
            ("to ann!@example.com failed", "ann"),
            ("to fan!ann#1@example.com failed", "fan"),
            ('to "ann fan"@example.com failed', "ann"),
            ("to ann@localhost failed", "ann"),
            ("to ann@[10.0.0.1] failed", "ann"),
            ("X-Email: ann", "ann"),
            ("Not Found: /j\\xf6rg@example.com/", "j\\xf6"),
            ("Authorization: Bearer abc.def-ghi", "abc.def"),
            ("sent Bearer abcdef123456 to it", "abcdef123456"),
            ("sent Basic YW5uOnNlY3JldA== to it", "YW5u"),
            ("{'password1': 'Row Seat 9', 'x': 1}", "Row Seat"),
            ('{"access_token": "abc"}', '"abc"'),
            ("?token=abc&page=2", "abc"),
            ("sessionid=abc123; csrftoken=def456", "abc123"),
            ("Cookie: anything=at-all; more=of-it", "of-it"),
            (f"session {JWT} is over", "eyJ"),
            ("xoxb" + "-123456-abcdef", "123456"),
            ("ghp" + "_0123456789abcdefghij0123", "0123456789"),
            ("redis://user:pa55@cache:6379/0", "pa55"),
            ("call +1 215-555-0123 now", "555"),
            ("call +12155550123 now", "555"),
            ("DETAIL:  Key (name)=(Ann Fan) already exists.", "Ann"),
            ("/accounts/password/reset/key/3-d3adbe-" + "0a" * 16 + "/", "0a0a"),
        ],
    )
    def test_hides(self, text: str, secret: str) -> None:
        """S0-15."""
        assert secret in text
        assert secret not in redacted(text)

    def test_hides_what_django_signs(self) -> None:
        """The links of mails, whenever they were made."""
        for signed in (dumps("ann"), TimestampSigner().sign("ann"), Signer().sign_object(["ann", "sales"])):
            assert redacted(f"/some/path/{signed}/ failed") == "/some/path/[hidden]/ failed"

    @pytest.mark.parametrize(
        "text",
        [
            "GET /api/v1/listings/019a0000-0000-7000-8000-000000000000/ 200 12.5 ms",
            "Outbox message 019a0000-0000-7000-8000-000000000000 (slack:triage), attempt 3: OSError at x.py:12",
            "2026-11-21T08:36:00.000Z started 2026-11-21 08:36:00+00:00 took 0:00:01.234567",
            "price 100.00 USD, section 101, row A, seats 1-5",
            "Task monitoring.note_beat[019a0000-0000-7000-8000-000000000000] succeeded in 0.01s: None",
            "connection to server at 127.0.0.1, port 5432 failed: Connection refused",
            "The token is wrong.",
        ],
    )
    def test_leaves(self, text: str) -> None:
        assert redacted(text) == text

    def test_begins_only_where_a_word_does(self) -> None:
        """Starting again at each letter, a path of thousands of letters, which anybody can request, would take long."""
        for form, _ in _FORMS:
            begin, longest = form.pattern.removeprefix("(?i)"), max(map(int, re.findall(r",(\d+)\}", form.pattern)))
            assert longest <= 64 or begin.startswith((r"\b", "(?<!", "://", "(DETAIL")), form.pattern

    def test_cuts_what_is_no_log_line(self) -> None:
        assert len(redacted("x y " * MAX_TEXT)) < MAX_TEXT + 40

    def test_repeats_nothing_without_a_bound(self) -> None:
        """No malicious text makes the search slow."""
        for form, _ in _FORMS:
            assert not re.search(r"(?<!\\)[+*](?![^\[]*\])|,\}", form.pattern), form.pattern


class TestRedactedPath:
    def test_hides_tokens_and_leaves_ids(self) -> None:
        assert redacted_path(f"/mail/unsubscribe/{'x' * 60}/?a=b") == "/mail/unsubscribe/[hidden]/"
        listing = f"/api/v1/listings/{uuid7()}/"
        assert redacted_path(listing) == listing


class Told(DomainError):
    code = "told"


class TestErrors:
    def test_of_people_are_reported_by_kind(self) -> None:
        """S0-15: what they say may quote what people typed."""
        assert error_line(ValueError("Ann")) == "ValueError"
        assert error_line(Told("Ann's seat")) == "apps.common.tests.test_redaction.Told"
        assert error_line(IntegrityError("Key (name)=(Ann)")) == "django.db.utils.IntegrityError"
        assert error_line(DatabaseError("Ann")) == "django.db.utils.DatabaseError"

    def test_of_services_say_one_line(self) -> None:
        assert error_line(ConnectionRefusedError(111, "refused")) == "ConnectionRefusedError: [Errno 111] refused"
        assert error_line(OperationalError("no answer\nLINE 1: 'Ann'")) == "django.db.utils.OperationalError: no answer"

    def test_are_reported_with_places_and_causes(self) -> None:
        try:
            try:
                raise KeyError("Ann")  # noqa: TRY301
            except KeyError as cause:
                raise RuntimeError("Ann") from cause
        except RuntimeError as error:
            text = error_text(error)
        assert "Ann" not in text.replace('raise KeyError("Ann")', "").replace('raise RuntimeError("Ann")', "")
        assert text.index("RuntimeError") < text.index("caused by") < text.rindex("KeyError")
        assert text.count("test_are_reported_with_places_and_causes") == 2

    def test_of_a_thousand_places_are_reported_with_their_kind(self) -> None:
        """What calls itself without an end: the line has the end of the traceback too, which says what it was."""

        def down(left: int) -> None:
            return up(left - 1) if left else int("x" * 2) and None

        def up(left: int) -> None:
            return down(left)

        try:
            down(300)
        except ValueError as error:
            text = redacted(error_text(error))
        assert text.endswith("ValueError")
        assert "characters)" not in text
        assert text.count("in down") + text.count("in up") == MAX_FRAMES - 1

    def test_that_cause_each_other_end(self) -> None:
        first, second = ValueError(), KeyError()
        first.__cause__, second.__cause__ = second, first
        assert error_text(first) == "ValueError\ncaused by\nKeyError"
