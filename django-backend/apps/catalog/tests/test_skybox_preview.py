"""The page of an upload: what an import will do and has done, group by group."""

import gzip
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.catalog.admin import skybox_pages
from apps.catalog.models import Event, EventImport, League
from apps.catalog.services.skybox_groups import GROUPS, RowGroup
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import COLUMNS
from apps.catalog.testing.stories import confirm, previewed, report_of, shown, skybox_export, skybox_row, skybox_venue
from apps.common.csv_downloads import csv_line
from apps.common.testing.queries import queries_of

pytestmark = pytest.mark.django_db
ELSEWHERE = skybox_venue(id=2, name="AT&T Stadium", city="Arlington", timeZone="America/Chicago")
START = "Thursday, September 4, 2025, 8:20 PM EDT"
# The second file: rows that change, stay, are new, doubtful, rejected and skipped.
ROWS = [
    skybox_row(date="2025-09-05T13:00:00"),
    skybox_row(id=2, venue=ELSEWHERE),
    skybox_row(id=3, name="Philadelphia Eagles at Dallas Cowboys (Banner Night)"),
    skybox_row(id=4),
    skybox_row(id=5, name="Philadelphia Eagles at Dallas Cowboys (Game 2)"),
    skybox_row(id=6, venue=skybox_venue(timeZone="EST")),
    skybox_row(id=7, name="Nobody at Dallas Cowboys"),
    skybox_row(id=8, date="soon"),
    skybox_row(id=9, name="Parking: A at B"),
]


@pytest.fixture
def event_import(page: Client, nfl: League) -> EventImport:
    """Return a preview of `ROWS` where the first four are known already."""
    skybox_events_import(
        file=skybox_export(skybox_row(), *(skybox_row(id=number) for number in (2, 3, 4))),
        league_code="NFL",
        season_name="2025",
    )
    return previewed(page, nfl, *ROWS)


def groups_of(response: HttpResponse) -> dict[str, RowGroup]:
    assert response.status_code == 200
    return {group.key: group for group in response.context["groups"]}


def column(group: RowGroup, name: str) -> list[Any]:
    return [row[name] for row in group.rows]


class TestGroups:
    def test_have_every_row_once(self, page: Client, event_import: EventImport) -> None:
        totals = {key: group.total for key, group in groups_of(shown(page, event_import)).items() if group.total}
        assert totals == {"updated": 3, "unchanged": 1, "created": 1, "doubtful": 1, "rejected": 2, "skipped": 1}

    def test_show_changes_in_words_and_local_time(self, page: Client, event_import: EventImport) -> None:
        response = shown(page, event_import)
        changed = groups_of(response)["updated"]
        assert column(changed, "changes") == [
            [f"Start: {START} → Friday, September 5, 2025, 1:00 PM EDT"],
            [
                f"Start: {START} → Thursday, September 4, 2025, 8:20 PM CDT",
                "Venue: Lincoln Financial Field → AT&T Stadium",
            ],
            [
                "Name: Dallas Cowboys at Philadelphia Eagles → Philadelphia Eagles at Dallas Cowboys",
                "Away team: Dallas Cowboys → Philadelphia Eagles",
                "Home team: Philadelphia Eagles → Dallas Cowboys",
                "Notes: none → Banner Night",
            ],
        ]
        text = response.content.decode()
        assert "Venue: Lincoln Financial Field → AT&amp;T Stadium" in text
        assert "+00:00" not in text
        assert "team_id" not in text

    def test_show_date_venue_and_teams_of_every_row(self, page: Client, event_import: EventImport) -> None:
        found = groups_of(shown(page, event_import))
        assert column(found["created"], "start") == [START]
        assert column(found["created"], "venue") == ["Lincoln Financial Field"]
        assert column(found["created"], "home_team") == ["Dallas Cowboys"]
        assert column(found["doubtful"], "start") == ["Thursday, September 4, 2025, 8:20 PM EST"]
        assert column(found["rejected"], "start") == [START, ""]
        assert column(found["rejected"], "venue") == ["Lincoln Financial Field"] * 2
        assert column(found["rejected"], "name") == [
            "Nobody at Dallas Cowboys",
            "Dallas Cowboys at Philadelphia Eagles",
        ]

    def test_lead_to_the_events_that_are_known(self, page: Client, event_import: EventImport) -> None:
        found = groups_of(shown(page, event_import))
        keys = list(
            Event.objects.filter(skybox_event_id__in=[9000001, 2, 3]).order_by("id").values_list("id", flat=True)
        )
        assert column(found["updated"], "key") == keys
        assert column(found["created"], "key") == [None]

    def test_show_what_was_done_once_it_is_done(self, page: Client, event_import: EventImport) -> None:
        before = groups_of(shown(page, event_import))
        response = confirm(page, event_import)
        after = groups_of(response)
        assert {key: group.total for key, group in before.items()} == {key: group.total for key, group in after.items()}
        assert column(after["updated"], "changes") == column(before["updated"], "changes")
        assert column(after["created"], "key") == [Event.objects.get(skybox_event_id=5).id]
        assert "This import was applied." in response.content.decode()

    def test_show_the_first_rows_and_how_many_there_are(
        self, page: Client, event_import: EventImport, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(skybox_pages, "SHOWN_ROWS", 1)
        response = shown(page, event_import)
        assert [len(group.rows) for group in groups_of(response).values() if group.total] == [1, 1, 1, 1, 0, 0]
        assert "2 more rows: the row report has them all." in response.content.decode()
        assert len(report_of(page, event_import)) == len(ROWS)

    def test_take_the_same_number_of_queries_at_any_size(self, page: Client, event_import: EventImport) -> None:
        many = [row | {"id": row["id"] + 100 * turn} for turn in range(1, 8) for row in ROWS]
        shown(page, event_import)
        more = previewed(page, event_import.league, *ROWS, *many)
        assert queries_of(lambda: shown(page, event_import)) == queries_of(lambda: shown(page, more))

    @pytest.mark.parametrize(
        ("line", "key"),
        [
            ({"outcome": "missing", "code": "missing_from_feed", "row": "", "skybox_event_id": "4"}, "missing"),
            ({"outcome": "unchanged", "code": "kept_by_staff"}, "kept"),
            ({"outcome": "updated", "code": "kept_by_staff"}, "kept"),
            ({"outcome": "unchanged", "code": "ambiguous_local_time"}, "noted"),
            ({"outcome": "unchanged"}, "unchanged"),
            ({"outcome": "skipped", "code": "disabled", "open_listings": "0", "sales": "0"}, "skipped"),
            ({"outcome": "skipped", "code": "disabled", "open_listings": "0", "sales": "1"}, "skipped_in_use"),
            ({"outcome": "skipped", "code": "disabled", "open_listings": "2", "sales": "0"}, "skipped_in_use"),
        ],
    )
    def test_know_their_rows(self, page: Client, event_import: EventImport, line: dict[str, str], key: str) -> None:
        report = csv_line(COLUMNS) + csv_line({"row": "0", **line}.get(column, "") for column in COLUMNS)
        EventImport.objects.update(report=gzip.compress(report.encode()))
        response = shown(page, event_import)
        assert [group.key for group in groups_of(response).values() if group.total] == [key]
        assert (f'id="{key}-title"' in response.content.decode()) == bool(GROUPS[key][1])

    def test_show_reports_of_a_release_without_times_and_counts(self, page: Client, event_import: EventImport) -> None:
        columns = ("row", "skybox_event_id", "name", "outcome", "code", "detail", "changes")
        lines = csv_line(columns) + csv_line(["0", "4", "A at B", "updated", "", "", "venue: A → B"])
        EventImport.objects.update(report=gzip.compress(lines.encode()))
        assert "venue: A → B" in shown(page, event_import).content.decode()


class TestTexts:
    """Any content of a row reaches the page and the spreadsheet as text."""

    @pytest.mark.parametrize("name", ["=1+1 at Dallas Cowboys", "<b>x</b> at y", "\ud83d at Dallas Cowboys", "-A\nB"])
    def test_of_names(self, page: Client, nfl: League, name: str) -> None:
        upload = previewed(page, nfl, skybox_row(name=name, venue=skybox_venue(name=name)))
        response = shown(page, upload)
        row = groups_of(response)["rejected"].rows[0] if name[0] != "-" else groups_of(response)["created"].rows[0]
        plain = name.replace("\ud83d", "?").replace("\n", " ")
        assert (row["name"], row["venue"]) == (plain, plain)
        assert "<b>x" not in response.content.decode()
        line = report_of(page, upload)[0]
        assert (line["name"][0] == "'") == (name[0] in "=-")
        assert (line["venue"][0] == "'") == (name[0] in "=-")

    def test_of_a_row_that_is_none(self, page: Client, nfl: League) -> None:
        response = shown(page, previewed(page, nfl, skybox_row(), 7))
        assert "(no name)" in response.content.decode()
