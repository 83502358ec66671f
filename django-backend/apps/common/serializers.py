"""The base of every serializer that reads a request."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

from apps.common.characters import character_problem
from apps.common.fields import MultilineField
from apps.common.unknown_names import unknown_names

T = TypeVar("T")


class StrictSerializer(serializers.Serializer[T]):
    """Refuses fields that it does not know, at its own level; nested serializers have the same base.

    Text is one line of readable characters; a `MultilineField` may have several lines.

    `read_only_names` are fields of the answer. A client may send back what it got, so the error calls them read-only.
    They are still refused: silently dropping a requested change would be wrong.
    """

    read_only_names: ClassVar[frozenset[str]] = frozenset()

    def to_internal_value(self, data: Any) -> Any:
        """Return the values.

        Raises:
            ValidationError: names every unknown field beside whatever else is wrong.
        """
        problems: dict[str, Any] = self._misplaced(data) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**problems, **error.detail}) from None  # type: ignore[dict-item]  # always a dict here
        if problems := problems | self.character_problems(values):
            raise ValidationError(problems)
        return values

    def character_problems(self, values: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        """Return an error for each text of these validated values that has control or direction characters."""
        found: dict[str, list[ErrorDetail]] = {}
        for name, field in self.fields.items():
            of_text = getattr(field, "child", field)
            value = values.get(str(field.source)) or ""
            if not isinstance(of_text, serializers.CharField):
                continue
            multiline = isinstance(of_text, MultilineField)
            texts = [value] if isinstance(value, str) else value
            sentences = (character_problem(text, multiline=multiline) for text in texts)
            if sentence := next(filter(None, sentences), ""):
                found[name] = [ErrorDetail(sentence, "character_not_allowed")]
        return found

    def _misplaced(self, data: Mapping[str, Any]) -> dict[str, list[ErrorDetail]]:
        known = [name for name, field in self.fields.items() if not field.read_only]
        shown = (self.read_only_names | self.fields.keys()).difference(known)
        read_only = {name: [ErrorDetail("This field is read-only.", "read_only")] for name in shown & data.keys()}
        return read_only | unknown_names((name for name in data if name not in shown), known, kind="field")


class NoInput(StrictSerializer[Any]):
    """The body of a request that needs none."""
