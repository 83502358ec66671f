"""Every address of the product, read from the resolver, with the methods that do something there."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.views import APIView

METHODS: Final = ("get", "post", "put", "patch", "delete")


class Route(NamedTuple):
    """An address with `<names>` in it, one method, and whether the REST framework serves it."""

    path: str
    method: str
    is_api_view: bool


def all_routes() -> list[Route]:
    """Return every address with each of its methods."""
    return [
        Route(simplify_regex(address), method, is_api_view(pattern.callback))
        for address, pattern in _patterns(get_resolver().url_patterns, "")
        for method in _methods(pattern.callback)
    ]


def is_api_view(view: Any) -> bool:
    """Tell whether the REST framework serves a view."""
    return issubclass(getattr(view, "cls", object), APIView)


def _patterns(patterns: list[URLPattern | URLResolver], prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        address = f"{prefix}{str(pattern.pattern).removeprefix('^')}"
        if isinstance(pattern, URLResolver):
            yield from _patterns(pattern.url_patterns, address)
        else:
            yield address, pattern


def _methods(view: Any) -> list[str]:
    if actions := getattr(view, "actions", None):
        return [method for method in METHODS if method in actions]
    if view_class := getattr(view, "cls", None) or getattr(view, "view_class", None):
        allowed = [method for method in METHODS if hasattr(view_class, method)]
        return [method for method in allowed if method in view_class.http_method_names]
    return ["get"]
