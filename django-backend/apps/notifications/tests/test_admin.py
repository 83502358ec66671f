"""The outbox in the admin."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from apps.notifications.enums import MessageState
from apps.notifications.models import OutboxMessage
from apps.notifications.testing.factories import NOW, NoticeFactory, OutboxMessageFactory

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
def staff(db: None, client: Client) -> Client:
    """The browser of staff who may look and retry."""
    user = get_user_model().objects.create_user("clerk@example.com", is_staff=True)
    names = ("view_outboxmessage", "change_outboxmessage")
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))
    client.force_login(user)
    return client


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
    def test_who_may_only_look_cannot_retry(self, client: Client) -> None:
        user = get_user_model().objects.create_user("looker@example.com", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_outboxmessage"))
        client.force_login(user)
        dead = OutboxMessageFactory(dead_at=NOW)
        retry(client, dead)
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
    def test_who_may_only_look_cannot_look_after(self, client: Client) -> None:
        user = get_user_model().objects.create_user("looker@example.com", is_staff=True)
        user.user_permissions.add(Permission.objects.get(codename="view_outboxmessage"))
        client.force_login(user)
        dead = OutboxMessageFactory(dead_at=NOW)
        client.post(reverse(PAGE), {"action": "look_after", "_selected_action": [dead.pk]})
        dead.refresh_from_db()
        assert dead.state == MessageState.DEAD

    def test_is_read_only(self, staff: Client) -> None:
        message = OutboxMessageFactory()
        page = reverse("admin:notifications_outboxmessage_change", args=[message.pk])
        assert staff.get(page).status_code == 200
        assert staff.post(page, {"topic": "other"}).status_code == 403
        assert staff.post(reverse("admin:notifications_outboxmessage_delete", args=[message.pk])).status_code == 403
        assert staff.get(reverse("admin:notifications_outboxmessage_add")).status_code == 403


@pytest.mark.django_db
class TestNoticePage:
    def test_is_found_by_address_and_only_looked_at(self, client: Client) -> None:
        """S3-53: staff see what a holder was told."""
        user = get_user_model().objects.create_user("clerk@example.com", is_staff=True)
        user.user_permissions.add(*Permission.objects.filter(codename__endswith="_notice"))
        client.force_login(user)
        notice, _ = NoticeFactory(), NoticeFactory()
        page = "admin:notifications_notice_changelist"
        assert list(client.get(reverse(page), {"q": notice.user.email}).context["cl"].queryset) == [notice]
        shown = reverse("admin:notifications_notice_change", args=[notice.pk])
        assert notice.text in client.get(shown).content.decode()
        assert client.post(shown, {"title": "x"}).status_code == 403
        assert client.post(reverse("admin:notifications_notice_delete", args=[notice.pk])).status_code == 403
        assert client.get(reverse("admin:notifications_notice_add")).status_code == 403
