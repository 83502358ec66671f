"""Two apps extend one admin page without knowing of each other."""

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth import get_permission_codename
from django.core.exceptions import ImproperlyConfigured
from unfold.decorators import action

from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_extensions import extends
from apps.common.admin_links import list_action
from apps.common.models import IdempotencyRecord


class Page(SafeModelAdmin):
    list_display = ("scope",)
    actions_detail = ("answers",)
    answers = list_action("Answers", model="common_idempotencyrecord", by="id")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        return ("scope",)


class First(SafeModelAdmin):
    list_display = ("first",)
    actions_detail = ("first",)
    first = list_action("First", model="common_idempotencyrecord", by="id")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "key")


class Second(SafeModelAdmin):
    list_display = ("second",)
    list_filter = ("key",)
    actions_detail = ("second",)
    second = list_action("Second", model="common_idempotencyrecord", by="id")

    def get_readonly_fields(self, request: Any, obj: Any = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), "stored_at")


class SameName(SafeModelAdmin):
    actions_detail = ("first",)
    first = list_action("Else", model="common_idempotencyrecord", by="id")


class SameAddress(SafeModelAdmin):
    actions_detail = ("other",)

    @action(description="Other", url_path="first")
    def other(self, request: Any, object_id: Any) -> None: ...


class NotMerged(SafeModelAdmin):
    list_per_page = 7


@pytest.fixture
def site() -> admin.AdminSite:
    site = admin.AdminSite()
    site.register(IdempotencyRecord, Page)
    return site


def test_all_extensions_of_a_page_appear(site: admin.AdminSite) -> None:
    for extension in (First, Second):
        assert extends(IdempotencyRecord, site=site)(extension) is extension
    page: Any = site.get_model_admin(IdempotencyRecord)
    assert page.list_display == ("scope", "first", "second")
    assert page.list_filter == ("key",)
    assert page.actions_detail == ("answers", "first", "second")
    assert page.get_readonly_fields(None) == ("scope", "key", "stored_at")
    names = {url.name for url in page.get_urls()}
    assert {f"common_idempotencyrecord_{name}" for name in page.actions_detail} <= names
    assert Page.list_display == ("scope",)


@pytest.mark.parametrize(
    ("extension", "named"),
    [(SameName, "first"), (SameAddress, "other"), (NotMerged, "list_per_page"), (Page, "answers")],
)
def test_a_name_or_address_that_is_taken_is_refused(site: admin.AdminSite, extension: Any, named: str) -> None:
    extends(IdempotencyRecord, site=site)(First)
    with pytest.raises(ImproperlyConfigured, match=f"{extension.__name__}: Page has {named} already."):
        extends(IdempotencyRecord, site=site)(extension)


def test_a_page_that_is_not_there_cannot_be_extended() -> None:
    with pytest.raises(NotRegistered):
        extends(IdempotencyRecord, site=admin.AdminSite())(First)


def test_actions_ask_for_permissions_that_there_are() -> None:
    known = {
        f"{model._meta.app_label}.{get_permission_codename(verb, model._meta)}"
        for model in apps.get_models()
        for verb in model._meta.default_permissions
    }
    pages: list[Any] = [page for page in admin.site._registry.values() if isinstance(page, SafeModelAdmin)]
    asked = [
        (page, permission)
        for page in pages
        for found in (*page._get_base_actions_list(), *page._get_base_actions_detail())
        for permission in getattr(found.method, "allowed_permissions", ())
    ]
    assert len([permission for _, permission in asked if "." in permission]) >= 9
    for page, permission in asked:
        assert permission in known or hasattr(page, f"has_{permission}_permission"), (page, permission)
