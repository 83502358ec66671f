"""How answers become JSON."""

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder


def json_bytes(data: Any) -> bytes:
    """Return `data` as the API writes it: UTF-8, times in UTC end in `Z`.

    Raises:
        TypeError: something in it has no JSON form, or text has no UTF-8 form.
    """
    return orjson.dumps(data, default=JSONEncoder().default, option=orjson.OPT_UTC_Z)


class JSONRenderer(renderers.JSONRenderer):
    """The library's JSON, written by orjson: the same text in a tenth of the time."""

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Return the body; the library's parameter `indent` is not supported."""
        return b"" if data is None else json_bytes(data)
