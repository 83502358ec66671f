"""What a person reads where a page is not for them, or is not there."""

import pytest

from apps.users.testing.clients import BrowserClient
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


class TestRefusalPages:
    def test_tell_who_is_signed_in_and_lead_on(self):
        browser = BrowserClient()
        browser.force_login(UserFactory())
        page = browser.get("/admin/", follow=True)
        assert page.status_code == 403
        assert "Your account may not see this page" in page.content.decode()
        assert 'href="/accounts/logout/"' in page.content.decode()

    def test_lead_to_the_start_page(self):
        page = BrowserClient().get("/nowhere")
        assert page.status_code == 404
        assert "There is no such page" in page.content.decode()
