"""Replacements that staff give an import."""

import time

import pytest

from apps.catalog.errors import ReplacementsRefused
from apps.catalog.rules.skybox_replacements import NO_REPLACEMENTS, parse_replacements


class TestParseReplacements:
    """`parse_replacements`."""

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_takes_no_text_for_no_replacements(self, text: str) -> None:
        assert parse_replacements(text) == NO_REPLACEMENTS

    def test_makes_them_in_the_order_of_the_text_and_whatever_the_case(self) -> None:
        replacements = parse_replacements('{"name": {"saint": "St", "st louis": "St. Louis"}}')
        assert replacements.apply("name", "SAINT LOUIS Blues") == "St. Louis Blues"
        assert replacements.apply("venue_name", "Saint Louis") == "Saint Louis"

    def test_knows_groups(self) -> None:
        replacements = parse_replacements(r'{"name": {"^(.+) v\\.? (.+)$": "\\1 at \\2"}}')
        assert replacements.apply("name", "A v. B") == "A at B"

    @pytest.mark.parametrize(
        ("text", "named"),
        [
            ("{", "JSON"),
            ("[" * 100_000, "JSON"),
            ("[]", "form"),
            ('{"name": ["a"]}', "form"),
            ('{"nane": {"a": "b"}}', "'nane'"),
            ('{"name": {"a": 5}}', "'a'"),
            ('{"name": {"": "b"}}', "''"),
            ('{"name": {"St (Louis": "b"}}', "'St (Louis'"),
            (r'{"name": {"a": "\\2"}}', "'a'"),
            (r'{"name": {"a": "\\g<x>"}}', "'a'"),
            ('{"name": {"a{99999999999}": "b"}}', "a{99999999999}"),
            (f'{{"name": {{"{"a" * 301}": "b"}}}}', "300"),
            ('{"name": {"a{1,9}": "b", "(a+)+$": "b"}}', "'(a+)+$'"),
            ('{"name": {"(a|a)*b": "b"}}', "forever"),
            ('{"name": {"(a?){30}a": "b"}}', "forever"),
            ('{"name": {".*.*.*x": "b"}}', "forever"),
            ('{"name": {"a?a?a?a?a?a?a?a?a?a?a?": "b"}}', "forever"),
        ],
    )
    def test_refuses_what_cannot_be_used_and_names_it(self, text: str, named: str) -> None:
        with pytest.raises(ReplacementsRefused) as refusal:
            parse_replacements(text)
        assert named in str(refusal.value)

    def test_refuses_too_many(self) -> None:
        pairs = ", ".join(f'"a{number}": "b"' for number in range(201))
        with pytest.raises(ReplacementsRefused, match="more than 200"):
            parse_replacements(f'{{"name": {{{pairs}}}}}')

    @pytest.mark.parametrize("regex", ["(?:St|Saint) Louis", r"\\(a+\\)+", "[(+*]+x", "(ab)+c", "a{1,5}b", "{x}+"])
    def test_takes_what_is_harmless(self, regex: str) -> None:
        assert parse_replacements(f'{{"name": {{"{regex}": "x"}}}}').rules["name"]

    def test_lets_through_nothing_that_takes_long_on_a_long_name(self) -> None:
        """The worst that is allowed, on the longest text that a row may have."""
        replacements = parse_replacements('{"name": {"a.*a.*b": "x"}}')
        started = time.monotonic()
        replacements.apply("name", "a" * 600)
        assert time.monotonic() - started < 10
