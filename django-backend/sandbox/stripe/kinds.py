"""Kinds of parameters. Each reads the text of a form, or refuses it as Stripe does, by code and name."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.stripe.errors import WrongParameters, not_modelled
from sandbox.stripe.forms import Given

_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_INTEGER: Final = re.compile(r"-?\d{1,18}")
_MOST_METADATA, _METADATA_KEY, _METADATA_VALUE = 50, 40, 500


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a parameter holds; `required` ones must be there, `clearable` ones may be emptied by an empty text."""

    required: bool = False
    clearable: bool = False

    def read(self, given: Given, name: str) -> Any:
        """Return the value of a parameter called `name`, which errors repeat.

        Raises:
            WrongParameters: It is not of this kind.
        """
        if isinstance(given, dict):
            raise WrongParameters("Invalid string: must be a string", param=name)
        if given == "" and self.clearable:
            return None
        if given == "":
            raise WrongParameters(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
                f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
                "non-empty value.",
                code="parameter_invalid_empty",
                param=name,
            )
        return self.parse(given, name)

    def parse(self, text: str, name: str) -> Any:
        """Return the value of a text that is not empty."""
        raise NotImplementedError


@dataclass(frozen=True)
class Text(Kind):
    """A text of at most so many characters."""

    most: int = 5_000

    def parse(self, text: str, name: str) -> str:
        """Return the text."""
        if len(text) > self.most:
            shown = f"{text[:10]}…{text[-7:]}"
            raise WrongParameters(f"Invalid string: {shown}; must be at most {self.most} characters", param=name)
        return text


@dataclass(frozen=True)
class Email(Kind):
    """An e-mail address."""

    def parse(self, text: str, name: str) -> str:
        """Return the address."""
        if not _EMAIL.fullmatch(text) or len(text) > 512:  # noqa: PLR2004 - Stripe's limit
            raise WrongParameters(f"Invalid email address: {text}", code="email_invalid", param=name)
        return text


@dataclass(frozen=True)
class Url(Kind):
    """An absolute address. Unlike Stripe in live mode, http and this machine are accepted."""

    def parse(self, text: str, name: str) -> str:
        """Return the address."""
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.netloc or " " in text:
            raise WrongParameters("Not a valid URL", code="url_invalid", param=name)
        return text


@dataclass(frozen=True)
class Integer(Kind):
    """A whole number within bounds."""

    least: int = 0
    most: int = 10**18

    def parse(self, text: str, name: str) -> int:
        """Return the number."""
        problem = None
        if not _INTEGER.fullmatch(text):
            problem = f"Invalid integer: {text}"
        elif int(text) < self.least:
            problem = f"This value must be greater than or equal to {self.least}."
        elif int(text) > self.most:
            problem = f"This value must be less than or equal to {self.most}."
        if problem:
            raise WrongParameters(problem, code="parameter_invalid_integer", param=name)
        return int(text)


@dataclass(frozen=True)
class Flag(Kind):
    """True or false; `only` is the one of them that is modelled."""

    only: bool | None = None

    def parse(self, text: str, name: str) -> bool:
        """Return the truth value."""
        if text not in {"true", "false"}:
            raise WrongParameters(f"Invalid boolean: {text}", param=name)
        if self.only is not None and (text == "true") is not self.only:
            raise not_modelled(f"{name}={text}", name)
        return text == "true"


@dataclass(frozen=True)
class Choice(Kind):
    """One of the values that Stripe knows; `only` are those that are modelled."""

    values: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def parse(self, text: str, name: str) -> str:
        """Return the value."""
        if text not in self.values:
            known = self.values[0] if len(self.values) == 1 else f"{', '.join(self.values[:-1])}, or {self.values[-1]}"
            raise WrongParameters(f"Invalid {name}: must be one of {known}", param=name)
        if self.only and text not in self.only:
            raise not_modelled(f"{name}={text}", name)
        return text


@dataclass(frozen=True)
class Currency(Kind):
    """A currency by its three letters, in lower case."""

    known: tuple[str, ...] = ()

    def parse(self, text: str, name: str) -> str:
        """Return the currency."""
        if text.lower() not in self.known:
            raise WrongParameters(
                f"Invalid currency: {text}. Stripe currently supports these currencies: {', '.join(self.known)}",
                param=name,
            )
        return text.lower()


@dataclass(frozen=True)
class Many(Kind):
    """A list, by positions or by `[]`."""

    of: Kind = field(default_factory=Text)
    most: int = 100

    def read(self, given: Given, name: str) -> Any:
        """Return the list."""
        if given == "" and self.clearable:
            return []
        if isinstance(given, str) or not all(position.isdecimal() for position in given):
            raise WrongParameters("Invalid array", param=name)
        if len(given) > self.most:
            raise WrongParameters(f"Array {name} exceeded maximum {self.most} allowed elements.", param=name)
        ordered = sorted(given.items(), key=lambda item: int(item[0]))
        return [self.of.read(value, f"{name}[{place}]") for place, (_, value) in enumerate(ordered)]


@dataclass(frozen=True)
class Metadata(Kind):
    """Texts by name within Stripe's limits (https://docs.stripe.com/metadata): 50 keys of 40 characters, values of 500."""

    def read(self, given: Given, name: str) -> Any:
        """Return the texts; an empty one takes its key away, an empty parameter all of them (None)."""
        if given == "":
            return None
        if isinstance(given, str) or any(isinstance(value, dict) for value in given.values()):
            raise WrongParameters("Invalid object", param=name)
        if len(given) > _MOST_METADATA:
            raise WrongParameters(f"You can have at most {_MOST_METADATA} metadata keys.", param=name)
        for key, value in given.items():
            if len(key) > _METADATA_KEY:
                raise WrongParameters(
                    f"Metadata keys can be at most {_METADATA_KEY} characters; '{key}' has {len(key)}.", param=name
                )
            if len(value) > _METADATA_VALUE:
                raise WrongParameters(
                    f"Metadata values can be at most {_METADATA_VALUE} characters; that of '{key}' has {len(value)}.",
                    param=f"{name}[{key}]",
                )
        return dict(given)


@dataclass(frozen=True)
class Fields(Kind):
    """An object of parameters: those that are modelled, and the `others` that Stripe knows (names in one text)."""

    known: Mapping[str, Kind] = field(default_factory=dict)
    others: str = ""

    def read(self, given: Given, name: str = "") -> Any:
        """Return the values by name; what was not sent is left out."""
        if isinstance(given, str):
            if given == "" and self.clearable:
                return None
            raise WrongParameters("Invalid object", param=name)
        self._refuse_others(given, name)
        found = {key: self.known[key].read(value, _inner(name, key)) for key, value in given.items()}
        for key, kind in self.known.items():
            if kind.required and key not in given:
                full = _inner(name, key)
                raise WrongParameters(f"Missing required param: {full}.", code="parameter_missing", param=full)
        return found

    def _refuse_others(self, given: Mapping[str, Given], name: str) -> None:
        unmodelled = self.others.split()
        unknown = [key for key in given if key not in self.known and key not in unmodelled]
        if unknown:
            names = [_inner(name, key) for key in unknown]
            message = f"Received unknown parameter{'s' if len(names) > 1 else ''}: {', '.join(names)}"
            if len(unknown) == 1 and (near := get_close_matches(unknown[0], [*self.known, *unmodelled], 1)):
                message += f". Did you mean {near[0]}?"
            raise WrongParameters(message, code="parameter_unknown", param=names[0])
        for key in given:
            if key in unmodelled:
                raise not_modelled(f"the parameter {_inner(name, key)}", _inner(name, key))


def _inner(outer: str, name: str) -> str:
    return f"{outer}[{name}]" if outer else name
