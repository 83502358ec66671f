"""What higher apps add to admin pages of lower ones, which know nothing of it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model

from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_links import list_action

Extension = TypeVar("Extension", bound=type[SafeModelAdmin])
MERGED: Final = ("list_display", "list_filter", "inlines", "actions", "actions_detail", "actions_list")
# Methods that several extensions may add to; each calls `super()`.
HOOKS: Final = ("get_form", "get_queryset", "get_readonly_fields", "get_urls", "save_model")


def extends(model: type[Model], *, site: admin.AdminSite | None = None) -> Callable[[Extension], Extension]:
    """Add the decorated class to the page of `model`: its columns, filters, inlines, actions, and what they need.

    Any number of apps can extend a page. Apps are loaded in the order of INSTALLED_APPS, so the page is there.

    Raises:
        ImproperlyConfigured: the page, or an earlier extension, has an attribute or an address of the same name.
        NotRegistered: there is no page of `model`.
    """
    site = site or admin.site

    def add(extension: Extension) -> Extension:
        page: Any = type(site.get_model_admin(model))
        own = {name: value for name, value in vars(extension).items() if name != "media" and name[:2] != "__"}
        taken = {getattr(getattr(page, name), "url_path", None) for name in page.actions_detail} - {None}
        if clashes := sorted(
            name
            for name, value in own.items()
            if name not in {*MERGED, *HOOKS} and (hasattr(page, name) or getattr(value, "url_path", None) in taken)
        ):
            raise ImproperlyConfigured(f"{extension.__qualname__}: {page.__name__} has {', '.join(clashes)} already.")
        merged: dict[str, Any] = {name: (*getattr(page, name), *own[name]) for name in MERGED if name in own}
        site.unregister(model)
        site.register(model, type(page)(page.__name__, (extension, page), merged))
        return extension

    return add


def list_added(to: type[Model], description: str, **found: Any) -> None:
    """Add a link to the pages of `to` that leads to what belongs to the row; the rest is that of `list_action`."""
    name = description.lower().replace(" ", "_")
    link = {"actions_detail": (name,), name: list_action(description, **found)}
    extends(to)(type(f"{to.__name__}List", (SafeModelAdmin,), link))
