"""Forms of pages as a browser sends them: what is in the page, with what a person changes."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from django.http import HttpResponse
from django.test import Client

STATE = ("form_version", "form_token", "deletion_version")


class _Forms(HTMLParser):
    """Fields of every form of a page, as they are when nobody touches them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[dict[str, list[str]]] = [{}]
        self._select: tuple[str, bool, list[str]] = ("", False, [])
        self._text: tuple[str, list[str]] = ("", [])
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value")
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            self._select = (name, "multiple" in given, [])
        elif tag == "option":
            _, multiple, chosen = self._select
            if "selected" in given or not (multiple or chosen):
                chosen[:] = [*(chosen if multiple else ()), value or ""]
        elif tag == "textarea":
            self._text = (name, [])
        elif tag == "input" and _is_sent(given):
            self._put(name, "on" if value is None and given.get("type") == "checkbox" else value or "")

    def handle_data(self, data: str) -> None:
        self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.forms.append({})
        elif tag == "select":
            for value in self._select[2]:
                self._put(self._select[0], value)
            self._select = ("", False, [])
        elif tag == "textarea":
            self._put(self._text[0], "".join(self._text[1]).removeprefix("\n"))
            self._text = ("", [])

    def _put(self, name: str, value: str) -> None:
        if name:
            self.forms[-1].setdefault(name, []).append(value)


def _is_sent(given: Mapping[str, str | None]) -> bool:
    if given.get("type") in {"checkbox", "radio"}:
        return "checked" in given
    return given.get("type") not in {"submit", "button", "file"}


def form_of(answer: HttpResponse) -> dict[str, Any]:
    """Return what the form of a page of the admin would send; it carries its state."""
    found = [form for form in _Forms(answer.content.decode()).forms if any(name in form for name in STATE)]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} forms of the page carry a state")
    return dict(found[0])


def load(client: Client, url: str, changes: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """Load a page and return what its form sends after these changes; None takes a field away."""
    wanted = {**(changes or {}), **more}
    data = {name: value for name, value in form_of(client.get(url)).items() if name not in wanted}
    return data | {name: value for name, value in wanted.items() if value is not None}


def save(client: Client, url: str, changes: Mapping[str, Any] | None = None, **more: Any) -> HttpResponse:
    """Load a page, change these fields and send its form."""
    answer: HttpResponse = client.post(url, load(client, url, changes, **more))
    return answer
