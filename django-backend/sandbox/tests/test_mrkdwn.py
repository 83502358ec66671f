"""Slack's mrkdwn as HTML, and that no text can become markup of the page."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.slack.mrkdwn import Scene, mrkdwn, plain, unmarked

NOON = 1_788_019_200  # 2026-08-29 16:00 UTC, noon in New York
SCENE = Scene({"U1": "Ann <b>", "C1": "listings"}, datetime.fromtimestamp(NOON, UTC), ZoneInfo("America/New_York"))
LINK = 'target="_blank" rel="noopener noreferrer"'


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("*bold* _it_ ~old~ `a*b*`", "<strong>bold</strong> <em>it</em> <s>old</s> <code>a*b*</code>"),
        ("*_both_*", "<strong><em>both</em></strong>"),
        ("2 * 3 * 4, snake_case_name, a*b*c", "2 * 3 * 4, snake_case_name, a*b*c"),
        ("* not *", "* not *"),
        ("a\nb", "a<br>b"),
        ("A &amp; B &lt;b&gt; &quot; \"'", "A &amp; B &lt;b&gt; &amp;quot; &quot;&#x27;"),
        ("&amp;lt;", "&amp;lt;"),
        ("```\n<x> *a*\n```", "<pre><code>&lt;x&gt; *a*</code></pre>"),
        ("see\n```x```\nend", "see<pre><code>x</code></pre>end"),
        ("&gt; one\n> two\nthree", "<blockquote>one<br>two</blockquote>three"),
        ("<https://a.example/x_y_z?a=1&amp;b=2|the _list_>", "the"),
        ("*<https://a.example/a*b|x>*", f'<strong><a href="https://a.example/a*b" {LINK}>x</a></strong>'),
        ("<mailto:a@b.example>", f'<a href="mailto:a@b.example" {LINK}>a@b.example</a>'),
        ("https://a.example/x.", f'<a href="https://a.example/x" {LINK}>https://a.example/x</a>.'),
        (
            "&lt;https://a.example&gt;",
            f'&lt;<a href="https://a.example" {LINK}>https://a.example</a>&gt;',
        ),
        ("<javascript:alert(1)|x>", "&lt;javascript:alert(1)|x&gt;"),
        ("<@U1> <@U9>", '<span class="mention">@Ann &lt;b&gt;</span> <span class="mention">@U9</span>'),
        ("<#C1> <!here>", '<span class="mention">#listings</span> <span class="mention">@here</span>'),
        (":nothing: 10:30:15", ":nothing: 10:30:15"),
    ],
)
def test_is_read_as_slack_reads_it(text: str, html: str) -> None:
    if text.startswith("<https://a.example/x_y_z"):
        html = f'<a href="https://a.example/x_y_z?a=1&amp;b=2" {LINK}>the _list_</a>'
    assert mrkdwn(text, SCENE) == html


@pytest.mark.parametrize(
    ("form", "shown"),
    [
        ("{date_num} {time}", "2026-08-29 12:00 PM"),
        ("{date} at {time_secs}", "August 29th, 2026 at 12:00:00 PM"),
        ("{date_short}, {date_long}", "Aug 29, 2026, Saturday, August 29th, 2026"),
        ("{date_short_pretty}", "today"),
        ("{unknown}", "{unknown}"),
    ],
)
def test_dates_are_shown_in_the_zone_of_the_reader(form: str, shown: str) -> None:
    html = mrkdwn(f"<!date^{NOON}^{form}|fallback>", SCENE)
    assert re.sub("<.*?>", "", html) == shown
    assert 'datetime="2026-08-29T12:00:00-04:00"' in html


def test_dates_far_and_near() -> None:
    def shown(seconds: int, form: str) -> str:
        return re.sub("<.*?>", "", mrkdwn(f"<!date^{NOON + seconds}^{form}|x>", SCENE))

    assert shown(-86_400, "{date_pretty}") == "yesterday"
    assert shown(86_400, "{date_pretty}") == "tomorrow"
    assert shown(-7200, "{ago}") == "2 hours ago"
    assert shown(86_400 * 3, "{ago}") == "in 3 days"
    assert mrkdwn("<!date^999999999999^{date}|far away>", SCENE) == "far away"
    link = mrkdwn(f"<!date^{NOON}^{{date_num}}^https://a.example/|x>", SCENE)
    assert link.startswith('<a href="https://a.example/"')
    assert "<a" not in mrkdwn(f"<!date^{NOON}^{{date_num}}^javascript:x|x>", SCENE)


def test_emojis_keep_their_names() -> None:
    assert mrkdwn(":ticket:", SCENE) == plain(":ticket:") == '<span class="emoji" data-name=":ticket:">🎫</span>'
    assert plain(":ticket:", emoji=False) == ":ticket:"
    assert unmarked(":ticket:\nA") == "🎫 A"


class Tags(HTMLParser):
    """Collects every tag and its attributes."""

    ALLOWED = {
        "strong": set(), "em": set(), "s": set(), "code": set(), "pre": set(), "br": set(), "blockquote": set(),
        "span": {"class", "data-name"}, "a": {"href", "target", "rel"}, "time": {"datetime", "title"},
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        if tag not in self.ALLOWED or not names <= self.ALLOWED[tag]:
            self.problems.append(f"{tag} {attrs}")
        for name, value in attrs:
            if name == "href" and not str(value).startswith(("http://", "https://", "mailto:", "tel:")):
                self.problems.append(f"href {value}")
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.problems.append(f"/{tag}")


PIECES = st.sampled_from(
    [
        "<", ">", "&", "|", '"', "'", "`", "```", "*", "_", "~", ":", "\n", " ", "<script>alert(1)</script>", "a",
        "<img src=x onerror=alert(1)>", "<https://x.example/\" onmouseover=\"x|y>", "javascript:alert(1)", "&lt;b&gt;",
        "<!date^1788019200^{date}^javascript:x|\"><b>>", "<@U1>", "<@\"><i>", ":ticket:", "https://x.example/", "&gt;",
        "&amp;", "&lt;", "!date^", "^", "mailto:", "\u2028", "\x00",
    ]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=4), max_size=14).map("".join))
def test_no_text_can_become_markup(text: str) -> None:
    for html in (mrkdwn(text, SCENE), plain(text)):
        tags = Tags()
        tags.feed(html)
        tags.close()
        assert (tags.problems, tags.open) == ([], [])
    assert not set(unmarked(text)) & set("<>\"'")
