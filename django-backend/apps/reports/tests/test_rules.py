"""Which week is reported, and what issues say about it."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.reports.errors import WeekUnknown
from apps.reports.rules import WEEK as SEVEN_DAYS
from apps.reports.rules import Week, WeekEnd, logins, repository_report, week_ended, week_named
from apps.reports.testing.stories import END, ENDS, REPOSITORY, START, WEEK, issue

SECOND = timedelta(seconds=1)
NEW_YORK, SAMOA = ZoneInfo("America/New_York"), ZoneInfo("Pacific/Apia")
ZONES = ("UTC", "America/New_York", "Europe/London", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe")
ends = st.builds(
    WeekEnd,
    st.integers(0, 6),
    st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30, 45])),
    st.sampled_from(ZONES).map(ZoneInfo),
)
moments = st.datetimes(timezones=st.just(UTC)).map(lambda at: at.replace(year=1990 + at.year % 70, day=min(at.day, 28)))


def report(*issues: object, **real_names: str):
    names = {login.replace("_", "-"): name for login, name in real_names.items()}
    return repository_report(name=REPOSITORY, url="", issues=issues, week=WEEK, real_names=names)


class TestWeek:
    def test_ends_at_the_moment_of_the_schedule(self) -> None:
        """S3-27: at Sunday 13:00 UTC the last seven days, to the second; a second earlier those before."""
        assert week_ended(now=END, ends=ENDS) == Week("2026-W47", START, END)
        assert week_ended(now=END - SECOND, ends=ENDS) == Week("2026-W46", START - SEVEN_DAYS, START)
        assert week_ended(now=END + timedelta(days=6, hours=23), ends=ENDS).name == "2026-W47"

    def test_is_found_by_its_name(self) -> None:
        assert week_named(name="2026-W47", now=END, ends=ENDS) == Week("2026-W47", START, END)
        assert week_named(name="2020-W53", now=END, ends=ENDS).end == datetime(2021, 1, 3, 13, tzinfo=UTC)

    @pytest.mark.parametrize("name", ["2026-W54", "2026-47", "2026-W7", "last", "", "0000-W01", "9999-W53", "٢٠٢٦-W47"])
    def test_that_does_not_exist_is_refused(self, name: str) -> None:
        with pytest.raises(WeekUnknown, match="is not a week; give year and week as in 2026-W47"):
            week_named(name=name, now=END, ends=ENDS)

    def test_that_is_not_over_is_refused(self) -> None:
        with pytest.raises(WeekUnknown, match="it ends on 2026-11-22 at 13:00 UTC"):
            week_named(name="2026-W47", now=END - SECOND, ends=ENDS)

    def test_keeps_to_the_clock_of_its_zone(self) -> None:
        """Clocks go back on 1 November 2026 and forward on 14 March 2027: weeks of 169 and 167 hours."""
        local = WeekEnd(6, time(13), NEW_YORK)
        autumn = week_named(name="2026-W44", now=END, ends=local)
        assert (autumn.start, autumn.end) == (
            datetime(2026, 10, 25, 17, tzinfo=UTC),
            datetime(2026, 11, 1, 18, tzinfo=UTC),
        )
        spring = week_named(name="2027-W10", now=END + timedelta(days=200), ends=local)
        assert spring.end - spring.start == timedelta(hours=167)

    def test_ends_later_where_the_clocks_leave_its_end_out(self) -> None:
        """2:30 of 14 March 2027 is not on the clocks of New York, which go from 2 to 3."""
        gap = WeekEnd(6, time(2, 30), NEW_YORK)
        assert week_named(name="2027-W10", now=END + timedelta(days=200), ends=gap).end == datetime(
            2027, 3, 14, 7, 30, tzinfo=UTC
        )

    def test_ends_on_the_day_of_its_zone(self) -> None:
        """Sunday 13:00 of Samoa is Sunday 0:00 UTC."""
        assert week_ended(now=END, ends=WeekEnd(6, time(13), SAMOA)).end == datetime(2026, 11, 22, 0, tzinfo=UTC)

    @given(now=moments, end=ends)
    def test_that_ended_last_holds_the_last_moment_before_now(self, now: datetime, end: WeekEnd) -> None:
        week = week_ended(now=now, ends=end)
        assert week.end <= now < week.end + SEVEN_DAYS + timedelta(hours=25)
        assert week_named(name=week.name, now=now, ends=end) == week

    @given(now=moments, end=ends)
    def test_begins_where_the_one_before_ends(self, now: datetime, end: WeekEnd) -> None:
        week = week_ended(now=now, ends=end)
        assert week_ended(now=week.end - SECOND, ends=end).end == week.start


class TestRepositoryReport:
    @pytest.mark.parametrize(
        ("closed_at", "counts"),
        [(START - SECOND, False), (START, True), (END - SECOND, True), (END, False)],
    )
    def test_counts_closed_in_the_week_to_the_second(self, closed_at: datetime, counts: bool) -> None:
        """S3-27: closed in the last seven days, the boundary is −7 d."""
        found = report(issue(1, START - SEVEN_DAYS, closed_at))
        assert found.closed == counts
        assert [group.name for group in found.closed_by] == ["Nobody"] * counts

    @pytest.mark.parametrize(
        ("created_at", "counts"),
        [(START - SECOND, False), (START, True), (END - SECOND, True), (END, False)],
    )
    def test_counts_opened_in_the_week_to_the_second(self, created_at: datetime, counts: bool) -> None:
        assert report(issue(1, created_at)).opened == counts
        assert report(issue(1, created_at, END)).opened == counts

    def test_has_what_was_open_at_the_end_and_the_oldest_of_it(self) -> None:
        """A report of an old week says what was open then, not today."""
        old, closed_later = issue(3, START - timedelta(days=9)), issue(2, START - timedelta(days=12), END)
        others = (issue(1, START - timedelta(days=20), END - SECOND), issue(4, END))
        found = report(old, closed_later, *others)
        assert (found.still_open, found.oldest) == (2, closed_later)
        assert report().oldest is None

    def test_groups_by_assignee_with_nobody_last(self) -> None:
        """S3-27: by real name, or by login without one; several assignees each have the issue, none is Nobody's."""
        at = END - SECOND
        found = report(
            issue(3, START, at, "zoe"), issue(1, START, at), issue(2, START, at, "ann-fan", "zoe"), ann_fan="Ann Fan"
        )
        groups = [(group.name, [entry.number for entry in group.issues]) for group in found.closed_by]
        assert groups == [("Ann Fan", [2]), ("zoe", [2, 3]), ("Nobody", [1])]
        assert found.closed == 3

    def test_distinguishes_two_of_one_name(self) -> None:
        at = END - SECOND
        found = report(issue(1, START, at, "b"), issue(2, START, at, "a"), a="Ann", b="Ann")
        assert [group.name for group in found.closed_by] == ["Ann (a)", "Ann (b)"]

    def test_asks_only_for_names_that_are_shown(self) -> None:
        found = [issue(1, START, END - SECOND, "a", "b"), issue(2, START, None, "c"), issue(3, START, END, "d")]
        assert logins([*found, issue(4, START, START, "b")], week=WEEK) == ["a", "b"]

    @given(st.lists(st.tuples(st.integers(-200, 200), st.integers(-200, 200) | st.none()), max_size=12))
    def test_loses_no_closed_issue(self, hours: list[tuple[int, int | None]]) -> None:
        def closed(created: int, until: int | None) -> datetime | None:
            return None if until is None else START + timedelta(hours=max(created, until))

        found = [issue(n, START + timedelta(hours=a), closed(a, b)) for n, (a, b) in enumerate(hours)]
        made = report(*found)
        reported = {entry.number for group in made.closed_by for entry in group.issues}
        assert reported == {entry.number for entry in found if entry.closed_at and START <= entry.closed_at < END}
        assert made.closed == len(reported)


class TestInvisibleNames:
    @pytest.mark.parametrize("name", ["", " ", "\u200b\u200e", "\u202e", "\u2066 \u00ad"])
    def test_are_the_login(self, name: str) -> None:
        """A name of characters that nobody sees would leave a group without a title."""
        [group] = report(issue(1, START, START, "ann-fan"), ann_fan=name).closed_by
        assert group.name == "ann-fan"

    @pytest.mark.parametrize("name", ["Ann \u202eFan", "עמית", "李", "🎟"])
    def test_are_others_not(self, name: str) -> None:
        [group] = report(issue(1, START, START, "ann-fan"), ann_fan=name).closed_by
        assert group.name == name
