"""Replacements that staff give an import."""

import json

import pytest

from apps.catalog.errors import ReplacementsRefused
from apps.catalog.rules.skybox_replacements import NO_REPLACEMENTS, NOT_IN_RE2, TextTooLong, parse_replacements


class TestParseReplacements:
    """`parse_replacements`."""

    @pytest.mark.parametrize("text", ["", "  \n"])
    def test_takes_no_text_for_no_replacements(self, text: str) -> None:
        assert parse_replacements(text) == NO_REPLACEMENTS

    def test_makes_them_in_the_order_of_the_text_and_in_any_case(self) -> None:
        replacements = parse_replacements('{"name": {"saint": "St", "st louis": "St. Louis"}}')
        assert replacements.apply("name", "SAINT LOUIS Blues", max_length=600) == "St. Louis Blues"
        assert replacements.apply("venue_name", "Saint Louis", max_length=600) == "Saint Louis"

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
            (f'{{"name": {{"{"a" * 301}": "b"}}}}', "300"),
            (f'{{"name": {{"a": "{"b" * 301}"}}}}', "300"),
            ('{"name": {"a": "\\ud800"}}', "broken character"),
            ('{"name": {"\\ud800": "b"}}', "broken character"),
            ('{"name": {"a\\u0000": "b"}}', "broken character"),
            (r'{"name": {"(\\pL{300}){3}": "b"}}', "it is too large"),
            (r'{"name": {"\\pL{20}": "b"}}', "it is too large"),
        ],
    )
    def test_refuses_what_cannot_be_used_and_names_it(self, text: str, named: str) -> None:
        with pytest.raises(ReplacementsRefused) as refusal:
            parse_replacements(text)
        assert named in str(refusal.value)

    def test_takes_what_is_not_too_large(self) -> None:
        replacements = parse_replacements(r'{"name": {"\\pL{10}": "b"}}')
        assert replacements.apply("name", "Philadelphia", max_length=600) == "bia"

    def test_refuses_too_many(self) -> None:
        pairs = {f"a{number}": "b" for number in range(200)}
        assert parse_replacements(json.dumps({"name": pairs}))
        with pytest.raises(ReplacementsRefused, match="more than 200"):
            parse_replacements(json.dumps({"name": pairs | {"more": "b"}}))

    @pytest.mark.parametrize(("regex", "is_lacking"), [("(?>a)", True), (r"Louis\Z", True), ("a**", False)])
    def test_says_what_the_engine_lacks(self, regex: str, is_lacking: bool, capfd: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(ReplacementsRefused) as refusal:
            parse_replacements(json.dumps({"name": {regex: "x"}}))
        assert (NOT_IN_RE2 in str(refusal.value)) == is_lacking
        assert capfd.readouterr().err == "", "the engine writes to the log of the process by itself"

    @pytest.mark.parametrize(
        ("regex", "place"),
        [
            ("St (Louis", 4),
            ("((a)", 1),
            ("a)b", 2),
            ("ab[a", 3),
            ("é[z-a]", 3),
            ("a**", 2),
            ("ab*c{2,1}d", 5),
            ("a{1001}", 2),
            ("a\\", 2),
            # Python's engine knows these, RE2 does not.
            ("(a(?=b)c)", 3),
            ("[(?=](?!a)", 6),
            ("(?<=St )Louis", 1),
            ("(?<!St )Louis", 1),
            (r"\\1(a)\1", 7),
            ("(?P<a>x)(?P=a)", 9),
            ("(?>a)", 1),
            (r"Louis\Z", 6),
            # What led past the old guard, which judged patterns by their form.
            ("(a+)(?#c)+$", 5),
            ("(?x)(a+) +", 1),
        ],
    )
    def test_says_where_a_regex_goes_wrong(self, regex: str, place: int) -> None:
        with pytest.raises(ReplacementsRefused, match=rf" at character {place}\b") as refusal:
            parse_replacements(json.dumps({"venue_name": {regex: "x"}}))
        assert f"{regex!r} of the column 'venue_name'" in str(refusal.value)
        assert refusal.value.details[0].attr == "replacements"

    @pytest.mark.parametrize(
        ("new", "place"), [(r"\2", 1), (r"a\g<x>", 2), (r"\g<2>", 1), (r"\g<²>", 1), (r"ab\n", 3), ("a\\", 2)]
    )
    def test_says_where_a_new_text_goes_wrong(self, new: str, place: int) -> None:
        with pytest.raises(ReplacementsRefused, match=rf" at character {place}\b"):
            parse_replacements(json.dumps({"name": {"(?P<n>a)": new}}))


class TestApply:
    """`Replacements.apply`."""

    @pytest.mark.parametrize(
        ("regex", "new", "result"),
        [
            (r"\bSt Louis\b", "St. Louis", "St. Louis at Montréal"),
            ("montréal", "Québec → Laval", "St Louis at Québec → Laval"),
            ("MONTRÉAL", "x", "St Louis at x"),
            (r"^(.+) at (.+)$", r"\2 \\ \1", r"Montréal \ St Louis"),
            (r"^(?P<away>.+) at .+$", r"\g<away>\g<0>", "St LouisSt Louis at Montréal"),
            ("(x)?St", r"S\1", "S Louis at Montréal"),
        ],
    )
    def test_writes_the_new_text(self, regex: str, new: str, result: str) -> None:
        replacements = parse_replacements(json.dumps({"name": {regex: new}}))
        assert replacements.apply("name", "St Louis at Montréal", max_length=600) == result

    @pytest.mark.parametrize(
        "regex", ["(a+)+$", "(a|a)*b", "(a|aa)+$", "(a?){300}b", ".*.*.*.*.*x", "(.*)*x", "(a*)*?b"]
    )
    def test_takes_patterns_that_would_keep_a_backtracking_engine_busy_for_good(self, regex: str) -> None:
        """With Python's engine most of these do not end within a human life."""
        replacements = parse_replacements(json.dumps({"name": {regex: "x"}}))
        assert replacements.apply("name", "a" * 599 + "!", max_length=600) == "a" * 599 + "!"

    def test_stops_after_the_rule_that_makes_the_text_too_long(self) -> None:
        """Two rules made 54 million characters of 600; one alone makes 180,000."""
        replacements = parse_replacements(json.dumps({"name": {"x": "y" * 300, "y": "z" * 300}}))
        with pytest.raises(TextTooLong) as stopped:
            replacements.apply("name", "x" * 600, max_length=600)
        assert stopped.value.length == 180_000
        assert replacements.apply("name", "a" * 600, max_length=600) == "a" * 600
