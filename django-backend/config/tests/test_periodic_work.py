"""The schedule of beat: every entry is a task that exists, and the page about it says the same."""

import re

from django.conf import settings

from config.celery import app
from config.environment import PROJECT_DIR

PAGE = (PROJECT_DIR / "docs" / "scripts.md").read_text(encoding="utf-8")


class TestSchedule:
    def test_names_tasks_that_exist(self) -> None:
        """S3-56: a misspelt task would only appear in a worker's log."""
        app.autodiscover_tasks(force=True)
        tasks = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
        assert tasks <= set(app.tasks)

    def test_is_the_table_of_the_page(self) -> None:
        """S3-56: the page has each entry with its task, and no other."""
        documented = dict(re.findall(r"^\| `([a-z-]+)` \| `([a-z_.]+)` \|", PAGE, re.MULTILINE))
        assert documented == {name: entry["task"] for name, entry in settings.CELERY_BEAT_SCHEDULE.items()}

    def test_has_the_times_of_the_page(self) -> None:
        """S3-56: intervals in seconds, and the clock times of the night."""
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
            [when] = re.findall(rf"^\| `{name}` \| \S+ \| ([^|]+) \|", PAGE, re.MULTILINE)
            assert when == _when(entry["schedule"]), name


def _when(schedule: object) -> str:
    if isinstance(schedule, float):
        return f"every {schedule:g} s"
    minutes, hours = sorted(schedule.minute), sorted(schedule.hour)  # type: ignore[attr-defined]
    if len(hours) == 1:
        return f"{hours[0]:02d}:{minutes[0]:02d}"
    return f"every hour at :{minutes[0]:02d}" if len(minutes) == 1 else f"every {60 // len(minutes)} min"
