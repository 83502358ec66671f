"""Variables of the weekly report: what they become, and what refuses to start."""

from datetime import time
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.environment import Environment, Stage
from config.variables import VARIABLES

NAMES = [variable.name for variable in VARIABLES if variable.section == "GitHub"]


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("stage", Stage)
class TestWeeklyReport:
    def test_is_of_nothing_until_it_is_set_up(self, stage: Stage) -> None:
        """S3-20, S3-26: no token, no repositories, no channel; Sunday 13:00 UTC."""
        values = {name: Environment(stage)(name) for name in NAMES}
        assert values == {
            "GITHUB_ACCESS_TOKEN": None,
            "WEEKLY_REPORT_REPOSITORIES": None,
            "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID": None,
            "WEEKLY_REPORT_SCHEDULE": (6, time(13)),
            "WEEKLY_REPORT_TIME_ZONE": ZoneInfo("UTC"),
            "GITHUB_API_URL": "https://api.github.com",
        }

    @pytest.mark.parametrize(
        ("name", "given", "value"),
        [
            ("WEEKLY_REPORT_REPOSITORIES", " o/r, a-b/c.d_e,o/r,", ["o/r", "a-b/c.d_e"]),
            ("WEEKLY_REPORT_SCHEDULE", "Monday 09:15", (0, time(9, 15))),
            ("WEEKLY_REPORT_TIME_ZONE", "America/New_York", ZoneInfo("America/New_York")),
            ("GITHUB_API_URL", "https://github.example.com/api/v3/", "https://github.example.com/api/v3"),
        ],
    )
    def test_is_set_by(
        self, stage: Stage, name: str, given: str, value: object, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, given)
        assert Environment(stage)(name) == value

    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("WEEKLY_REPORT_REPOSITORIES", "o/r,backend", "'backend' is not the owner/name"),
            ("WEEKLY_REPORT_REPOSITORIES", "https://github.com/o/r", "is not the owner/name"),
            ("WEEKLY_REPORT_REPOSITORIES", "o/..", "'o/..' is not the owner/name"),
            ("WEEKLY_REPORT_REPOSITORIES", "o/r?x", "is not the owner/name"),
            ("WEEKLY_REPORT_SCHEDULE", "sunday", "such as sunday 13:00"),
            ("WEEKLY_REPORT_SCHEDULE", "sunday 13:10", "a quarter of an hour"),
            ("WEEKLY_REPORT_SCHEDULE", "sunday 24:00", "a quarter of an hour"),
            ("WEEKLY_REPORT_SCHEDULE", "funday 13:00", "a weekday"),
            ("WEEKLY_REPORT_TIME_ZONE", "Mars/Olympus", "'Mars/Olympus' is not an IANA time zone"),
        ],
    )
    def test_refuses(self, stage: Stage, name: str, given: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(name, given)
        with pytest.raises(ImproperlyConfigured, match=said) as refused:
            Environment(stage)(name)
        assert name in str(refused.value)


def test_beat_asks_in_the_quarter_in_which_a_week_may_end() -> None:
    """S3-27: at Sunday 13:00, not up to a quarter of an hour later."""
    [entry] = [each for each in settings.CELERY_BEAT_SCHEDULE.values() if each["task"] == "reports.weekly_issue_report"]
    assert entry["schedule"].minute == {0, 15, 30, 45}
    assert len(entry["schedule"].hour) == 24
    assert len(entry["schedule"].day_of_week) == 7
