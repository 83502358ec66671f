"""How OPTIONS is answered."""

from typing import Any

from rest_framework.metadata import SimpleMetadata
from rest_framework.request import Request


class Metadata(SimpleMetadata):
    """Describes an address and the formats it reads and writes; the fields of a request are in the API description.

    The library's would look at the serializer and the rows of each method, which not every view has.
    """

    def determine_actions(self, request: Request, view: Any) -> dict[str, Any]:
        return {}
