"""Topics of messages between apps: what a message says, as a frozen dataclass that is kept as JSON."""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from enum import Enum
from types import UnionType
from typing import Any, ClassVar, Final, Self, dataclass_transform, get_args, get_origin, get_type_hints
from uuid import UUID

TOPICS: Final[list["type[Topic]"]] = []
_PLAIN: Final = (str, int, bool)


class PayloadUnreadable(ValueError):
    """Stored JSON does not fit its topic; names the field, never its value. A later version may be able to read it."""


@dataclass_transform(frozen_default=True, kw_only_default=True)
@dataclass(frozen=True, kw_only=True)
class Topic:
    """What a message of one kind says; subclasses have fields and become frozen dataclasses.

    The line of a class says its `name`, if it is more than a base: `class SaleVoided(SaleNews, name="sale.voided")`.

    Stored messages outlive a release. A new field needs a default, a field that is gone is ignored, and neither `name`
    nor the type of a field may change. Fields are UUIDs, words, numbers, enums, tuples of these, or JSON objects.
    """

    name: ClassVar[str] = ""  # of those that are only a base
    waits: ClassVar[bool] = False  # for an app that will listen one day, and so do its messages

    def __init_subclass__(cls, *, name: str = "", waits: bool = False) -> None:
        cls.name, cls.waits = name, waits
        dataclass(frozen=True, kw_only=True)(cls)
        if name:
            TOPICS.append(cls)

    def as_json(self) -> dict[str, Any]:
        """Return the payload as it is stored; fields that have their default are left out."""
        values = ((field, getattr(self, field.name)) for field in fields(self))
        return {
            field.name: _json(value) for field, value in values if field.default is MISSING or field.default != value
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """Return what a stored payload says.

        Raises:
            PayloadUnreadable: a field is missing, or is not of its type.
        """
        kinds, values = get_type_hints(cls), {}
        for field in fields(cls):
            try:
                if field.default is MISSING or field.name in payload:
                    values[field.name] = _value(payload[field.name], kinds[field.name])
            except (KeyError, TypeError, ValueError) as error:
                reason = f"{field.name} is missing or wrong ({type(error).__name__})."
                raise PayloadUnreadable(f"{cls.name}: {reason}") from None
        return cls(**values)


def _json(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_json(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


def _value(value: Any, kind: Any) -> Any:
    """Return what JSON says, as `kind`."""
    if get_origin(kind) is UnionType:  # something or None
        return None if value is None else _value(value, get_args(kind)[0])
    if get_origin(kind) is tuple:
        return tuple(_value(item, get_args(kind)[0]) for item in _checked(value, list))
    if get_origin(kind) is dict:
        return _checked(value, dict)
    return _checked(value, kind) if kind in _PLAIN else kind(_checked(value, str))


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError
    return value
