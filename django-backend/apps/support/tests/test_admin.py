"""Messages of the contact form in the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.support.testing.factories import ContactMessageFactory
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_group_member

pytestmark = pytest.mark.django_db
LIST = "admin:support_contactmessage_changelist"


@pytest.fixture
def staff(client: Client) -> User:
    """A member of staff, signed in."""
    user = staff_group_member()
    client.force_login(user)
    return user


class TestPages:
    def test_show_messages(self, client: Client, staff: User) -> None:
        contact = ContactMessageFactory(message="<script>alert(1)</script>")
        page = client.get(reverse(LIST))
        assert "Parking" in page.content.decode()
        detail = reverse("admin:support_contactmessage_change", args=[contact.id])
        text = client.get(detail).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert(1)" not in text

    def test_list_costs_the_same_for_many(self, client: Client, staff: User) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for _ in range(2):
            for _ in range(4):
                ContactMessageFactory(answered_by=UserFactory(), answered_at="2026-11-21T12:00Z")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(LIST)).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_marks_messages_as_answered(self, client: Client, staff: User) -> None:
        contact = ContactMessageFactory()
        data = {"action": "mark_answered", "_selected_action": [str(contact.id)]}
        for words in ("1 message marked as answered.", "1 message had been answered before."):
            page = client.post(reverse(LIST), data, follow=True)
            assert words in page.content.decode()
        contact.refresh_from_db()
        assert contact.answered_by == staff
        assert contact.answered_at
