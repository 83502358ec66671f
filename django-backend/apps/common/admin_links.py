"""Links on admin pages that lead from a row to what belongs to it."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import slugify
from unfold.decorators import action


def page_link(page: str, text: Any, *, key: Any = None, **query: Any) -> SafeString:
    """Return a link to an admin page by its name: of the row `key`, or a list filtered by `query`."""
    address = reverse(f"admin:{page}", args=[] if key is None else [key])
    address = f"{address}?{urlencode(query)}" if query else address
    return format_html('<a href="{}" class="text-primary-600 dark:text-primary-500">{}</a>', address, text)


def outside_link(address: str, text: Any) -> SafeString:
    """Return a link to another site; it opens in a tab of its own."""
    return format_html(
        '<a href="{}" target="_blank" rel="noopener" class="text-primary-600 dark:text-primary-500">{}</a>',
        address,
        text,
    )


def list_of(model: str, **query: Any) -> HttpResponseRedirect:
    """Go to the admin's list of a model (`orders_sale`), filtered by `query`."""
    return redirect(f"{reverse(f'admin:{model}_changelist')}?{urlencode(query)}")


def list_action(description: str, *, model: str, by: str, icon: str | None = None) -> Any:
    """Return an action of a row's page: it goes to the list of `model`, filtered by the row, if the user may view it.

    `by` is the filter, such as `event__id__exact`.
    """

    def go(page: Any, request: HttpRequest, object_id: Any) -> HttpResponse:  # noqa: ARG001 - as actions are called
        return list_of(model, **{by: object_id})

    permission = ".view_".join(model.rsplit("_", 1))
    return action(description=description, url_path=slugify(description), permissions=[permission], icon=icon)(go)
