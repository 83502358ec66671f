"""Forms that refuse to overwrite values that changed after the page was loaded."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

VERSION: Final = "form_version"
NO_VERSION: Final = (
    "Nothing was saved: the form did not say which version of the page it was filled in from."
    " It shows the current values."
)
_WORDS: Final = {None: "nothing", "": "nothing", True: "yes", False: "no"}
_MAX_SHOWN: Final = 200

# Says who changed the row after a given time, and when.
Changes = Callable[[datetime], str]


class VersionedForm(forms.BaseForm):
    """A form about one row; goes before the class of the form.

    The page carries `version()` in the hidden field `form_version`. If a value that the form offers was changed after
    the page was loaded, the form is invalid, whichever field was edited: the values of a page are decided together, a
    start with its venue. The form then shows the new values where something changed, and elsewhere what was entered,
    so that sending it again overwrites nothing unseen. Lock the row before you make a form that writes.
    """

    changes: Changes

    def version(self) -> str:
        """Return the version of the row that this form was filled in from, for the hidden field."""
        return version_text(self._values())

    def _post_clean(self) -> None:
        # Before a model form writes what was sent onto its row, so that the page still shows the row as it is.
        loaded_at, loaded = version_read(self.data.get(VERSION))
        values = self._values()
        if loaded == values:
            super()._post_clean()  # type: ignore[misc]  # Django's hook for this; not in the stubs
            return
        self.errors.clear()
        if loaded_at is None:
            self._show(values)
            self.add_error(None, NO_VERSION)
            return
        changed = [name for name, value in values.items() if loaded.get(name) != value]
        self._show(changed)
        for name in changed:
            sent = _text(self.cleaned_data.get(name))
            self.add_error(name, f"Changed meanwhile: this is the new value. The page had “{sent}”.")
        sentence = f"{self.changes(loaded_at)} Nothing was saved: look at it again, then save."
        if gone := [name.replace("_", " ") for name in loaded if name not in values]:
            sentence = f"{sentence} No longer to be edited here: {', '.join(gone)}."
        self.add_error(None, sentence)

    def _values(self) -> dict[str, str]:
        offered = (name for name, field in self.fields.items() if not field.disabled)
        return {name: digest(self.fields[name].prepare_value(self[name].initial)) for name in offered}

    def _show(self, names: Iterable[str]) -> None:
        """Show the values of the row in these fields, not what was sent."""
        for name in names:
            setattr(self.fields[name], "bound_data", lambda _data, initial: initial)  # noqa: B010  # mypy: a method


def version_text(values: Mapping[str, str]) -> str:
    """Return digests of values, by name, with the time: what a page carries in a hidden field."""
    return json.dumps({"at": timezone.now().isoformat(), "values": values}, separators=(",", ":"))


def version_read(text: str | None) -> tuple[datetime | None, Mapping[str, str]]:
    """Return the time and the digests of a hidden field; None and nothing if no page of ours can have sent it."""
    try:
        version = json.loads(text or "")
        at, values = parse_datetime(version["at"]), dict(version["values"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None, {}
    is_ours = at and at.utcoffset() == timedelta(0) and all(isinstance(name, str) for name in values)
    return (at, values) if is_ours else (None, {})


def digest(value: Any) -> str:
    """Return a short text that differs for different values; the order of several means nothing."""
    if isinstance(value, list):
        value = sorted(map(str, value))
    return hashlib.sha256(json.dumps(value, default=str).encode()).hexdigest()[:16]


def _text(value: Any) -> str:
    if isinstance(value, Iterable) and not isinstance(value, str | dict):
        value = ", ".join(map(str, value))
    words = _WORDS.get(value) if value is None or isinstance(value, str | bool) else None
    return (words or str(value))[:_MAX_SHOWN]
