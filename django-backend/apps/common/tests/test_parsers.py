"""Reading request bodies."""

from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from apps.common.parsers import MAX_DEPTH, JSONParser


def parse(body: str) -> Any:
    return JSONParser().parse(BytesIO(body.encode()))


class TestJSONParser:
    @pytest.mark.parametrize("inside", ["", "1", "1, {}"])
    def test_takes_the_levels_that_are_allowed(self, inside: str) -> None:
        lists = MAX_DEPTH - 1 if "{" in inside else MAX_DEPTH
        assert isinstance(parse("[" * lists + inside + "]" * lists), list)

    @pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 850, 10_000])
    @pytest.mark.parametrize(("begin", "inside", "end"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "1", "}")])
    def test_refuses_more(self, levels: int, begin: str, inside: str, end: str) -> None:
        with pytest.raises(ParseError, match="more than 32 levels"):
            parse(begin * levels + inside + end * levels)

    def test_counts_depth_and_not_size(self) -> None:
        assert len(parse("[" + ",".join(["[[]]"] * 1_000) + "]")) == 1_000
