"""The outbox in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from apps.common.testing.clients import browser_of
from apps.notifications.enums import MessageState
from apps.notifications.models import OutboxMessage
from apps.notifications.testing.factories import NOW, NoticeFactory, OutboxMessageFactory
from apps.notifications.testing.stories import staff_member

PAGE = "admin:notifications_outboxmessage_changelist"
STATES = {
    MessageState.WAITING: {},
    MessageState.CLAIMED: {"claimed_at": NOW},
    MessageState.FAILED: {"last_error": "OSError", "attempts": 1},
    MessageState.DEAD: {"last_error": "OSError", "dead_at": NOW},
    MessageState.LOOKED_AFTER: {"last_error": "OSError", "dead_at": NOW, "looked_after_at": NOW},
    MessageState.DELIVERED: {"delivered_at": NOW},
}


@pytest.fixture
def staff(db: None) -> Client:
    """The browser of staff who may look and retry."""
    return browser_of(staff_member("view_outboxmessage", "change_outboxmessage"))


def retry(client: Client, *messages: OutboxMessage) -> None:
    data = {"action": "retry_now", "_selected_action": [message.pk for message in messages]}
    assert client.post(reverse(PAGE), data).status_code in {200, 302}


class TestOutboxPage:
    @pytest.mark.parametrize("state", MessageState)
    def test_filters_by_state(self, staff: Client, state: MessageState) -> None:
        rows = {name: OutboxMessageFactory(**fields) for name, fields in STATES.items()}
        shown = staff.get(reverse(PAGE), {"state": state.value}).context["cl"].queryset
        assert list(shown) == [rows[state]]
        assert {name: row.state for name, row in rows.items()} == {name: name for name in STATES}

    def test_finds_by_aggregate_key(self, staff: Client) -> None:
        message, _ = OutboxMessageFactory(aggregate_key="event:7"), OutboxMessageFactory()
        assert list(staff.get(reverse(PAGE), {"q": "event:7"}).context["cl"].queryset) == [message]

    def test_retries_dead_messages(self, staff: Client) -> None:
        dead, done = OutboxMessageFactory(dead_at=NOW), OutboxMessageFactory(delivered_at=NOW)
        retry(staff, dead, done)
        dead.refresh_from_db()
        done.refresh_from_db()
        assert (dead.state, done.state) == (MessageState.WAITING, MessageState.DELIVERED)

    @pytest.mark.django_db
    @pytest.mark.parametrize("action", ["retry_now", "look_after"])
    def test_who_may_only_look_does_nothing(self, action: str) -> None:
        dead = OutboxMessageFactory(dead_at=NOW)
        data = {"action": action, "_selected_action": [dead.pk]}
        browser_of(staff_member("view_outboxmessage")).post(reverse(PAGE), data)
        dead.refresh_from_db()
        assert dead.state == MessageState.DEAD

    def test_notes_that_dead_messages_were_looked_after_and_by_whom(self, staff: Client) -> None:
        dead, waiting = OutboxMessageFactory(dead_at=NOW), OutboxMessageFactory()
        chosen = [dead.pk, waiting.pk]
        said = staff.post(reverse(PAGE), {"action": "look_after", "_selected_action": chosen}, follow=True).content
        assert b"1 message marked as looked after." in said
        assert b"Skipped: 1 message that did not need it" in said
        dead.refresh_from_db()
        waiting.refresh_from_db()
        assert (dead.state, waiting.state) == (MessageState.LOOKED_AFTER, MessageState.WAITING)
        assert LogEntry.objects.get().object_id == str(dead.pk)

    def test_retries_what_was_looked_after_too_early(self, staff: Client) -> None:
        dead = OutboxMessageFactory(dead_at=NOW, looked_after_at=NOW)
        retry(staff, dead)
        dead.refresh_from_db()
        assert (dead.state, dead.looked_after_at) == (MessageState.WAITING, None)


@pytest.mark.django_db
class TestNoticePage:
    def test_is_found_by_address(self) -> None:
        """S3-53: staff see the notices of a holder."""
        client = browser_of(staff_member("view_notice"))
        notice, _ = NoticeFactory(), NoticeFactory()
        page = "admin:notifications_notice_changelist"
        assert list(client.get(reverse(page), {"q": notice.user.email}).context["cl"].queryset) == [notice]
        shown = reverse("admin:notifications_notice_change", args=[notice.pk])
        assert notice.text in client.get(shown).content.decode()
