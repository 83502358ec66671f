"""How request bodies are read."""

from collections.abc import Mapping
from typing import IO, Any, Final

from rest_framework import parsers
from rest_framework.exceptions import ParseError

MAX_DEPTH: Final = 32


class JSONParser(parsers.JSONParser):
    """JSON in at most MAX_DEPTH levels: whoever walks a body later, a message that quotes it for one, can recurse."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body.

        Raises:
            ParseError: it is not JSON, or has more levels.
        """
        try:
            body = super().parse(stream, media_type, parser_context)
        except RecursionError:
            too_deep = True  # so deep that the standard library gave up
        else:
            too_deep = _is_deeper_than(MAX_DEPTH, body)
        if too_deep:
            raise ParseError(f"JSON parse error - more than {MAX_DEPTH} levels.")
        return body


def _is_deeper_than(depth: int, value: Any) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for container in level
            if isinstance(container, dict | list)
            for child in (container.values() if isinstance(container, dict) else container)
        ]
    return any(isinstance(item, dict | list) for item in level)
