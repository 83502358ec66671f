"""`manage.py import_skybox_events`."""

import csv
import io
import json
import os
from errno import ENOSPC
from io import StringIO
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from django.core.management import CommandError, call_command

from apps.catalog.models import Event
from apps.catalog.services.skybox_result import RowReport
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.catalog.tests.skybox_processes import run_command
from apps.common.csv_downloads import BYTE_ORDER_MARK

GOOD = skybox_row()
BAD = skybox_row(id=9000002, name="=HYPERLINK(1) at Philadelphia Eagles")


def written(folder: Path, *rows: Any) -> str:
    path = folder / "export.json"
    path.write_bytes(skybox_export(*rows).getvalue())
    return str(path)


def output_of(*arguments: str) -> str:
    out = StringIO()
    call_command("import_skybox_events", *arguments, "--league", "NFL", "--season", "2025", stdout=out)
    return out.getvalue()


@pytest.mark.usefixtures("nfl")
class TestImportSkyboxEvents:
    """S3-41: the import as a command."""

    def test_prints_counts_and_problems_as_json(self, tmp_path: Path) -> None:
        assert json.loads(output_of(written(tmp_path, GOOD, BAD), "--json")) == {
            "rows": 2,
            "created": 1,
            "updated": 0,
            "unchanged": 0,
            "skipped": 0,
            "doubtful": 0,
            "rejected": 1,
            "missing": 0,
            "problems": [
                {
                    "row": 1,
                    "skybox_event_id": 9000002,
                    "code": "unknown_team",
                    "detail": "NFL has no team '=HYPERLINK(1)'.",
                }
            ],
        }

    def test_prints_sentences(self, tmp_path: Path) -> None:
        assert output_of(written(tmp_path, GOOD, BAD)) == (
            "2 rows: 1 created, 0 updated, 0 unchanged, 0 skipped, 0 doubtful, 1 rejected, 0 missing.\n"
            "NFL 2025 is a new season.\n"
            "Row 1 (SkyBox 9000002): unknown_team: NFL has no team '=HYPERLINK(1)'.\n"
        )

    def test_counts_doubtful_rows_and_succeeds(self, tmp_path: Path) -> None:
        output_of(written(tmp_path, GOOD))
        assert output_of(written(tmp_path, skybox_row(name="Championship"))) == (
            "1 row: 0 created, 0 updated, 0 unchanged, 0 skipped, 1 doubtful, 0 rejected, 0 missing.\n"
            "Row 0 (SkyBox 9000001): teams_missing: 'Championship' names no away team; the event has Dallas Cowboys,"
            " which stays.\n"
        )

    def test_prints_twenty_problems_and_how_many_there_are(self, tmp_path: Path) -> None:
        lines = output_of(written(tmp_path, GOOD, *[1] * 25)).splitlines()
        assert len(lines) == 23
        assert lines[-1].startswith("… and 5 more")

    def test_saves_nothing_in_a_dry_run(self, tmp_path: Path) -> None:
        text = output_of(written(tmp_path, GOOD), "--dry-run")
        assert text.startswith("1 row: 1 created")
        assert "\nNFL 2025 is a new season.\n" in text
        assert text.endswith("Dry run: nothing was saved.\n")
        assert not Event.objects.exists()

    def test_creates_teams_with_the_option(self, tmp_path: Path) -> None:
        assert "2 created" in output_of(written(tmp_path, GOOD, BAD), "--create-teams")

    def test_makes_replacements(self, tmp_path: Path) -> None:
        replacements = tmp_path / "replacements.json"
        replacements.write_text('{"name": {"^=\\\\w+\\\\(1\\\\)": "Dallas Cowboys"}}', encoding="utf-8")
        assert "2 created" in output_of(written(tmp_path, GOOD, BAD), "--replacements", str(replacements))

    def test_writes_a_report_that_a_spreadsheet_cannot_run(self, tmp_path: Path) -> None:
        report = tmp_path / "report.csv"
        output_of(written(tmp_path, GOOD))
        moved = skybox_row(date="2025-09-05T20:20:00")
        output_of(written(tmp_path, moved, BAD), "--report", str(report))
        text = report.read_bytes().decode()
        assert text[0] == BYTE_ORDER_MARK
        rows = list(csv.DictReader(io.StringIO(text[1:], newline="")))
        assert rows[0] == {
            "row": "0",
            "skybox_event_id": "9000001",
            "name": "Dallas Cowboys at Philadelphia Eagles",
            "outcome": "updated",
            "code": "",
            "detail": "",
            "changes": ("Start: Thursday, September 4, 2025, 8:20 PM EDT → Friday, September 5, 2025, 8:20 PM EDT"),
            "start": "Friday, September 5, 2025, 8:20 PM EDT",
            "venue": "Lincoln Financial Field",
            "away_team": "Dallas Cowboys",
            "home_team": "Philadelphia Eagles",
            "open_listings": "0",
            "sales": "0",
        }
        assert rows[1]["name"] == "'=HYPERLINK(1) at Philadelphia Eagles"
        assert (rows[1]["outcome"], rows[1]["code"]) == ("rejected", "unknown_team")

    def test_leaves_an_older_report_alone_when_the_file_is_refused(self, tmp_path: Path) -> None:
        report = tmp_path / "report.csv"
        report.write_text("older", encoding="utf-8")
        with pytest.raises(CommandError):
            output_of(written(tmp_path, 1, 2), "--report", str(report))
        assert report.read_text(encoding="utf-8") == "older"
        assert sorted(path.name for path in tmp_path.iterdir()) == ["export.json", "report.csv"]

    def test_says_what_is_there_when_the_report_cannot_be_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The disk is full after the first chunk was committed."""
        monkeypatch.setattr(RowReport, "add", Mock(side_effect=OSError(ENOSPC, os.strerror(ENOSPC))))
        with pytest.raises(CommandError, match=r"stopped half-way .*: No space left on device"):
            output_of(written(tmp_path, GOOD), "--report", str(tmp_path / "report.csv"))
        assert Event.objects.count() == 1

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "not complete, valid JSON"),
            (b"name,date", "not complete, valid JSON"),
            (skybox_export(GOOD).getvalue()[:-20], "not complete, valid JSON"),
            (b'{"events": []}', "not a SkyBox export"),
            (b"[1]", "not a SkyBox export"),
            (b"[" * 200_000, "nested more than 32 levels deep"),
            (b"[" + b"7" * 10_000 + b"]", "a number of hundreds of digits"),
        ],
    )
    def test_refuses_a_file_that_is_no_export(self, tmp_path: Path, content: bytes, sentence: str) -> None:
        path = tmp_path / "export.json"
        path.write_bytes(content)
        with pytest.raises(CommandError, match=sentence) as refusal:
            output_of(str(path))
        assert refusal.value.returncode == 2
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize(
        ("arguments", "sentence"),
        [
            (["missing.json"], "missing.json: No such file or directory"),
            (["."], "Is a directory"),
            (["{file}", "--report", "."], "Is a directory"),
            (["{file}", "--report", "nowhere/report.csv"], "No such file or directory"),
            (["{file}", "--replacements", "missing.json"], "missing.json: No such file or directory"),
            (["{file}", "--replacements", "{file}"], "The replacements"),
            (["{file}", "--replacements", "{regex}"], r"'St \(Louis'"),
            (["{file}", "--league", "XFL"], "no league 'XFL'. Choose from: NFL."),
            (["{file}", "--season", " "], "A season's name"),
        ],
    )
    def test_refuses_what_it_cannot_use(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "regex.json").write_text('{"name": {"St (Louis": "St. Louis"}}', encoding="utf-8")
        names = {"file": written(tmp_path, GOOD), "regex": "regex.json"}
        command = ["--league", "NFL", "--season", "2025", *(argument.format(**names) for argument in arguments)]
        with pytest.raises(CommandError, match=sentence) as refusal:
            call_command("import_skybox_events", *command)
        assert refusal.value.returncode == 2
        assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("nfl")
class TestProcess:
    """S3-41: exit codes and streams, as a shell sees them."""

    def test_ends_with_0_when_rows_were_rejected(self, tmp_path: Path) -> None:
        done = run_command(
            "import_skybox_events",
            written(tmp_path, GOOD, BAD),
            *("--league", "NFL", "--season", "2025", "--json"),
            folder=tmp_path,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert json.loads(done.stdout)["created"] == 1
        assert Event.objects.count() == 1

    def test_ends_with_2_and_one_sentence_when_the_file_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "export.json").write_bytes(b'{"rows": [{"id": 1')
        done = run_command(
            *("import_skybox_events", "export.json", "--league", "NFL", "--season", "2025"), folder=tmp_path
        )
        assert (done.returncode, done.stdout) == (2, "")
        assert len(done.stderr.splitlines()) == 1
        assert "Traceback" not in done.stderr
