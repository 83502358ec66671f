"""Reading request bodies."""

from decimal import Decimal
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

    @pytest.mark.parametrize("number", ["1e2", "1.5e1", "100.10", "0.1", "1e400"])
    def test_keeps_numbers_as_they_were_written(self, number: str) -> None:
        price = parse(f'{{"price": {number}}}')["price"]
        assert (str(price), price) == (number, Decimal(number))

    @pytest.mark.parametrize("body", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "b": 1, "a": 1}}]'])
    def test_refuses_a_name_that_stands_twice(self, body: str) -> None:
        """Which of the two was meant?"""
        with pytest.raises(ParseError, match="duplicate name 'a' in an object"):
            parse(body)

    def test_refuses_a_number_beyond_all_measure(self) -> None:
        with pytest.raises(ParseError, match="too large"):
            parse('{"a": 1e9999999999999999999}')
