"""The admin's side bar and what an empty page says."""

import pytest
from django.contrib import admin
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.test import Client

from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_browser
from config.settings.admin_pages import ADMIN_PAGES

pytestmark = pytest.mark.django_db


def side_bar(client: Client) -> list[str]:
    groups = client.get("/admin/").context["sidebar_navigation"]
    return [str(item["title"]) for group in groups for item in group["items"] if item["has_permission"]]


def test_side_bar_has_every_page_once() -> None:
    pages = sorted(page for items in ADMIN_PAGES.values() for page, *_ in items)
    assert pages == sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


def test_side_bar_shows_what_the_visitor_may_open() -> None:
    superuser = Client()
    superuser.force_login(
        UserFactory(staff=True, is_superuser=True), backend="django.contrib.auth.backends.ModelBackend"
    )
    assert len(side_bar(superuser)) == len(admin.site._registry)
    assert side_bar(staff_browser("view_listing", "change_venue")) == ["Listings", "Venues"]
    assert side_bar(staff_browser()) == []


def test_an_empty_page_says_when_something_will_be_there() -> None:
    client = staff_browser("view_statement")
    page = client.get("/admin/payouts/statement/").content.decode()
    assert "Made on the first day of each month" in page
    assert "Reset filters" not in page
    page = client.get("/admin/payouts/statement/?q=nobody").content.decode()
    assert "Try other words, or reset the filters." in page
    assert "Reset filters" in page


def test_a_list_on_a_narrow_screen_cuts_no_text() -> None:
    """Unfold gives each cell the height of two lines, and hides the rest."""
    client = staff_browser("view_feeddifference")
    assert static("admin.css") in client.get("/admin/catalog/feeddifference/").content.decode()
    assert finders.find("admin.css")
