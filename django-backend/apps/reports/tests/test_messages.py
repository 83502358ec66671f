"""The report as Slack takes it."""

import re
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.common.slack_blocks import MAX_MESSAGE, MAX_SECTION, Words
from apps.reports.enums import RepositoryProblem
from apps.reports.messages import MAX_BLOCKS, TITLE, report_text, report_words
from apps.reports.rules import ClosedBy, Report, RepositoryReport
from apps.reports.testing.stories import START, WEEK, issue

UTC = ZoneInfo("UTC")
NASTY = "<!channel> *x* _y_ ~z~ `c` & <http://a|b>"


def repository(*groups: ClosedBy, **fields: object) -> RepositoryReport:
    closed = sum(len(group.issues) for group in groups)
    return RepositoryReport(
        **{"name": "o/r", "url": "https://github.com/o/r", "closed_by": groups, "closed": closed, **fields}
    )


def group(name: str, count: int, title: str = "[tag] text") -> ClosedBy:
    return ClosedBy(name, tuple(replace(issue(number), title=title) for number in range(1, count + 1)))


def words(*repositories: RepositoryReport, zone: ZoneInfo = UTC) -> list[Words]:
    return report_words(Report(WEEK, zone, repositories))


def texts(message: Words) -> list[str]:
    found = [block["text"]["text"] for block in message.blocks if "text" in block]
    return found + [part["text"] for block in message.blocks for part in block.get("elements", [])]


def check(messages: list[Words]) -> None:
    """Slack's limits, of each message."""
    for message in messages:
        assert 0 < len(message.blocks) <= MAX_BLOCKS
        sections = [block["text"]["text"] for block in message.blocks if block["type"] == "section"]
        assert all(0 < len(text) <= MAX_SECTION for text in sections)
        assert sum(map(len, texts(message))) <= MAX_MESSAGE
        assert "divider" not in {message.blocks[2]["type"], message.blocks[-1]["type"]}


class TestReport:
    def test_says_what_happened(self) -> None:
        """S3-27: header, week, counts, the oldest, people with titles that lead to the issues."""
        oldest = issue(3, START - timedelta(days=100))
        [message] = words(repository(group("Ann Fan", 2), opened=1_000, still_open=7, oldest=oldest))
        assert message.blocks[0]["text"]["text"] == TITLE
        assert message.text == f"{TITLE}, 2026-W47: 2 closed"
        said = "\n".join(texts(message))
        assert "2026-W47: Sun 15 Nov 2026 13:00 to Sun 22 Nov 2026 13:00 (UTC)" in said
        assert "*<https://github.com/o/r|o/r>*\n2 closed · 1,000 opened · 7 still open" in said
        assert "Open longest: <https://github.com/season-tickets/backend/issues/3|#3 [tag] Issue 3>" in said
        assert "since 7 Aug 2026" in said
        assert "*Ann Fan* · 2\n• <https://github.com/season-tickets/backend/issues/1|#1 [tag] text>" in said

    def test_shows_times_of_its_zone(self) -> None:
        [message] = words(repository(), zone=ZoneInfo("America/New_York"))
        assert "Sun 15 Nov 2026 08:00 to Sun 22 Nov 2026 08:00 (America/New_York)" in "\n".join(texts(message))

    @pytest.mark.parametrize("problem", RepositoryProblem)
    def test_names_problems_in_words_next_to_the_others(self, problem: RepositoryProblem) -> None:
        [message] = words(RepositoryReport("o/dead", problem=problem), repository(group("Ann", 1)))
        said = "\n".join(texts(message))
        assert f"*o/dead*\n:warning: {problem.label}" in said
        assert "• <" in said

    def test_shows_foreign_words_letter_by_letter(self) -> None:
        """Titles and names of other people cannot format, link or call anybody."""
        [message] = words(repository(group(NASTY, 1, f"{NASTY}\n> quote")))
        said = "\n".join(texts(message))
        assert "<!channel>" not in said
        assert "&lt;!channel&gt;" in said
        assert "\u200b*\u200bx\u200b*\u200b" in said
        assert "&lt;http://a|b&gt; &gt; quote>" in said
        assert all(block["text"]["verbatim"] for block in message.blocks if block["type"] == "section")

    def test_makes_no_link_of_an_address_that_slack_would_misread(self) -> None:
        odd = replace(issue(1), url="https://x|<y>", title="T")
        [message] = words(repository(ClosedBy("Ann", (odd,))))
        assert "• #1 T" in texts(message)[-2] + texts(message)[2]

    def test_is_split_at_fifty_blocks_in_order(self) -> None:
        """S3-28: 120 people are 120 blocks, in three messages that say which they are."""
        messages = words(repository(*[group(f"P{number:03}", 1) for number in range(120)]))
        check(messages)
        assert [message.blocks[0]["text"]["text"] for message in messages] == [
            f"{TITLE} ({number} of 3)" for number in (1, 2, 3)
        ]
        assert "o/r, continued" in texts(messages[1])
        people = re.findall(r"\*(P\d{3})\*", "\n".join(text for message in messages for text in texts(message)))
        assert people == [f"P{number:03}" for number in range(120)]

    def test_is_split_at_three_thousand_characters(self) -> None:
        messages = words(repository(group("Ann", 400, "x" * 256)))
        check(messages)
        assert len(messages) > 1
        assert all("o/r · Ann, continued" in texts(message) for message in messages[1:])
        assert sum(text.count("• <") for message in messages for text in texts(message)) == 400

    def test_says_something_of_nothing(self) -> None:
        [message] = words(repository())
        assert "0 closed · 0 opened · 0 still open" in "\n".join(texts(message))

    @settings(max_examples=60)
    @given(
        st.lists(
            st.lists(st.tuples(st.text(max_size=300), st.integers(1, 60), st.text(max_size=300)), max_size=30),
            max_size=4,
        )
    )
    def test_keeps_the_limits_for_any_text(self, found: list[list[tuple[str, int, str]]]) -> None:
        messages = words(*[repository(*[group(*each) for each in groups]) for groups in found] or [repository()])
        check(messages)
        said = sum(text.count("• <") for message in messages for text in texts(message))
        assert said >= sum(count for groups in found for _, count, _ in groups)


class TestText:
    def test_is_the_report_for_a_terminal(self) -> None:
        oldest = issue(3, START)
        report = Report(
            WEEK,
            UTC,
            (
                repository(group("Ann\x1b[31m", 1, "[bug] a\nb"), still_open=1, oldest=oldest),
                RepositoryReport("o/dead", problem=RepositoryProblem.MISSING),
            ),
        )
        assert report_text(report).splitlines() == [
            f"{TITLE}, 2026-W47: Sun 15 Nov 2026 13:00 to Sun 22 Nov 2026 13:00 (UTC)",
            "",
            "o/r: 1 closed · 0 opened · 1 still open",
            "  oldest open: #3 [tag] Issue 3 (https://github.com/season-tickets/backend/issues/3)",
            "  Ann [31m (1)",
            "    #1 [bug] a b (https://github.com/season-tickets/backend/issues/1)",
            "",
            "o/dead: GitHub has no such repository, or the token may not see it.",
        ]
