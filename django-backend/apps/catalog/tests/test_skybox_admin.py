"""The admin pages of the SkyBox import: upload, preview, confirm, row report."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.catalog import forms
from apps.catalog.enums import EventImportStatus, EventStatus
from apps.catalog.models import Event, EventImport, League, Team
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_upload import UNCONFIRMED_FOR, event_imports_purge
from apps.catalog.testing.factories import EventFactory
from apps.catalog.testing.stories import UPLOAD, confirm, previewed, report_of, skybox_export, skybox_row, upload
from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import save
from apps.users.models import User
from apps.users.testing.stories import staff_browser, staff_member

pytestmark = pytest.mark.django_db


class TestUpload:
    """S3-41: uploading a file shows what it would do and saves no event."""

    def test_is_offered_above_the_list_of_events(self, page: Client) -> None:
        response = page.get(reverse("admin:catalog_event_changelist"))
        assert reverse(UPLOAD) in response.content.decode()
        assert "Import from SkyBox" in response.content.decode()

    def test_shows_the_form(self, page: Client, nfl: League) -> None:
        text = page.get(reverse(UPLOAD)).content.decode()
        assert 'enctype="multipart/form-data"' in text
        for field in ("file", "league", "season_name", "create_teams", "replacements"):
            assert f'name="{field}"' in text

    def test_shows_counts_problems_and_changes(self, page: Client, nfl: League) -> None:
        """S3-41."""
        rows = skybox_row(), skybox_row(id=2, name="<b>Nobody</b> at Dallas Cowboys")
        response = upload(page, nfl, skybox_export(*rows, rowCount=9).getvalue())
        text = response.content.decode()
        assert "nothing has been saved yet" in text
        assert "rowCount 9" in text
        assert "NFL 2025 is a new season." in text
        assert "unknown_team" in text
        assert "&lt;b&gt;Nobody&lt;/b&gt;" in text
        assert "<b>Nobody</b>" not in text
        assert not Event.objects.exists()
        kept = EventImport.objects.get()
        assert (kept.status, kept.applied_at, kept.uploaded_by.email) == ("previewed", None, "staff@example.com")
        assert kept.counts["created"] == kept.counts["rejected"] == 1

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b'{"rows": [{"id"', "not complete, valid JSON"),
            (b"%PDF-1.7", "not complete, valid JSON"),
            (b"\x89PNG\r\n", "not complete, valid JSON"),
            (b"[" * 100_000, "levels deep"),
            (b'{"events": []}', "not a SkyBox export"),
            (b'["a", "b"]', "no row is an object with id and date"),
            (b"", "empty"),
        ],
    )
    def test_says_what_is_wrong_with_a_bad_file(self, page: Client, nfl: League, content: bytes, sentence: str) -> None:
        """S3-41: bad JSON is an error of the form, not a server error."""
        response = upload(page, nfl, content)
        assert response.status_code == 200
        assert sentence in str(response.context["form"].errors["file"])
        assert sentence in response.content.decode()
        assert not EventImport.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "field", "sentence"),
        [
            ({"file": ""}, "file", "required"),
            ({"league": ""}, "league", "required"),
            ({"league": str(uuid4())}, "league", "valid choice"),
            ({"season_name": " "}, "season_name", "required"),
            ({"season_name": "2" * 51}, "season_name", "50"),
            ({"replacements": "{"}, "replacements", "valid JSON"),
            ({"replacements": '{"name": {"St (Louis": "x"}}'}, "replacements", "St (Louis"),
        ],
    )
    def test_says_what_is_wrong_with_a_field(
        self, page: Client, nfl: League, changes: dict[str, str], field: str, sentence: str
    ) -> None:
        response = upload(page, nfl, skybox_export(skybox_row()).getvalue(), **changes)
        assert list(response.context["form"].errors) == [field]
        assert sentence in response.context["form"].errors[field][0]

    def test_sends_large_files_to_the_command(self, page: Client, nfl: League, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(forms, "MAX_UPLOAD_MEGABYTES", 0.0001)
        response = upload(page, nfl, skybox_export(skybox_row()).getvalue())
        assert "manage.py import_skybox_events" in response.context["form"].errors["file"][0]

    def test_passes_the_options_on(self, page: Client, nfl: League) -> None:
        event_import = previewed(
            page,
            nfl,
            skybox_row(name="Dalas Cowboys at New York Jets"),
            create_teams="on",
            replacements='{"name": {"dalas": "Dallas"}}',
        )
        assert event_import.counts["created"] == 1
        assert not Team.objects.filter(name="New York Jets").exists()
        confirm(page, event_import)
        assert Event.objects.get().name == "Dallas Cowboys at New York Jets"
        assert Team.objects.filter(name="New York Jets", league=nfl).exists()


class TestConfirm:
    """S3-41: confirming imports the events, once."""

    def test_imports_the_events_and_shows_the_result(self, page: Client, nfl: League) -> None:
        """S3-41."""
        response = confirm(page, previewed(page, nfl, skybox_row()))
        text = response.content.decode()
        assert "This import was applied." in text
        assert "Confirm import" not in text
        assert Event.objects.get().season.name == "2025"
        event_import = EventImport.objects.get()
        assert event_import.status == EventImportStatus.APPLIED
        assert event_import.applied_at is not None

    def test_applies_nothing_the_second_time(self, page: Client, nfl: League) -> None:
        event_import = previewed(page, nfl, skybox_row())
        confirm(page, event_import)
        applied = EventImport.objects.get()
        Event.objects.all().delete()
        response = confirm(page, event_import)
        assert "was confirmed before" in response.content.decode()
        assert not Event.objects.exists()
        assert EventImport.objects.get().applied_at == applied.applied_at

    def test_says_what_was_done_when_it_differs_from_the_preview(self, page: Client, nfl: League) -> None:
        event_import = previewed(page, nfl, skybox_row())
        EventFactory(skybox_event_id=9000001)
        confirm(page, event_import)
        assert EventImport.objects.get().counts["rejected"] == 1
        assert [(row["outcome"], row["code"]) for row in report_of(page, event_import)] == [
            ("rejected", "other_season")
        ]

    def test_is_not_offered_with_a_regex_that_a_former_release_took(self, page: Client, nfl: League) -> None:
        """Look-ahead was possible with Python's engine; the upload stays, and says why it cannot be confirmed."""
        event_import = previewed(page, nfl, skybox_row())
        EventImport.objects.update(replacements='{"name": {"St(?= Louis)": "St."}}')
        text = page.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk])).content.decode()
        assert "invalid perl operator at character 3" in text
        assert "Confirm import" not in text
        assert "invalid perl operator at character 3" in confirm(page, event_import).content.decode()
        assert EventImport.objects.get().status == EventImportStatus.PREVIEWED
        assert not Event.objects.exists()

    def test_shows_doubtful_rows_and_leaves_their_events_alone(self, page: Client, nfl: League) -> None:
        skybox_events_import(file=skybox_export(skybox_row()), league_code="NFL", season_name="2025")
        event_import = previewed(page, nfl, skybox_row(name="Championship"))
        text = page.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk])).content.decode()
        assert "teams_missing" in text
        assert "Doubtful" in text
        text = confirm(page, event_import).content.decode()
        assert "teams_missing" in text
        assert Event.objects.get().name == "Dallas Cowboys at Philadelphia Eagles"

    def test_shows_uploads_of_a_release_without_doubtful_rows(self, page: Client, nfl: League) -> None:
        event_import = previewed(page, nfl, skybox_row())
        event_import.counts.pop("doubtful")
        event_import.save(update_fields=["counts"])
        assert page.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk])).status_code == 200

    def test_needs_a_post_with_its_token(self, page: Client, nfl: League, staff: User) -> None:
        event_import = previewed(page, nfl, skybox_row())
        address = reverse("admin:catalog_event_skybox_confirm", args=[event_import.pk])
        assert page.get(address).status_code == 405
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(staff)
        assert strict.post(address).status_code == 403
        assert not Event.objects.exists()

    def test_stores_a_real_season(self, page: Client, real_schedules: Path) -> None:
        """S3-41."""
        reference_data_load()
        content = (real_schedules / "skybox_nfl_2025_clean.json").read_bytes()
        league = League.objects.get(code="NFL")
        upload(page, league, content)
        confirm(page, EventImport.objects.get())
        assert Event.objects.count() == 272


class TestCleanUp:
    def test_throws_away_what_nobody_confirmed_for_a_week(self, page: Client, nfl: League) -> None:
        """S3-56: applied uploads stay as evidence, young ones may still be confirmed."""
        for _ in range(3):
            upload(page, nfl, skybox_export(skybox_row()).getvalue())
        applied, young, _ = EventImport.objects.all()
        confirm(page, applied)
        now = timezone.now()
        EventImport.objects.exclude(id=young.id).update(previewed_at=now - UNCONFIRMED_FOR)
        assert event_imports_purge(now=now) == 1
        assert set(EventImport.objects.values_list("id", flat=True)) == {applied.id, young.id}


class TestReport:
    """S3-41: the row report as CSV."""

    def test_has_a_line_for_every_row_and_runs_no_formula(self, page: Client, nfl: League) -> None:
        rows = skybox_row(), skybox_row(id=2, name="=1+1 at Dallas Cowboys"), skybox_row(id=3, disabled=True)
        report = report_of(page, previewed(page, nfl, *rows))
        assert [(row["row"], row["outcome"], row["code"]) for row in report] == [
            ("0", "created", ""),
            ("1", "rejected", "unknown_team"),
            ("2", "skipped", "disabled"),
        ]
        assert report[1]["name"] == "'=1+1 at Dallas Cowboys"


class TestPermissions:
    """Who may import: staff with the permissions to add and to change events."""

    @pytest.fixture
    def requests(self, page: Client, nfl: League) -> list[Callable[[Client], HttpResponse]]:
        key = previewed(page, nfl, skybox_row()).pk
        page.logout()
        return [
            lambda client: client.get(reverse(UPLOAD)),
            lambda client: client.post(reverse(UPLOAD), {}),
            lambda client: client.get(reverse("admin:catalog_event_skybox_import", args=[key])),
            lambda client: client.get(reverse("admin:catalog_event_skybox_report", args=[key])),
            lambda client: client.post(reverse("admin:catalog_event_skybox_confirm", args=[key])),
        ]

    @pytest.mark.parametrize(
        ("is_staff", "codenames", "statuses"),
        [
            (True, ["add_event", "change_event"], [200, 200, 200, 200, 302]),
            (True, ["add_event"], [403] * 5),
            (True, ["change_event"], [403] * 5),
            (True, ["view_event", "view_eventimport"], [403] * 5),
            (True, [], [403] * 5),
            (False, ["add_event", "change_event"], [302] * 5),
        ],
    )
    def test_of_every_page(
        self,
        requests: list[Callable[[Client], HttpResponse]],
        is_staff: bool,
        codenames: list[str],
        statuses: list[int],
    ) -> None:
        client = browser_of(staff_member(*codenames, is_staff=is_staff))
        assert [request(client).status_code for request in requests] == statuses
        assert Event.objects.exists() is (statuses[-1] == 302 and is_staff)

    def test_send_strangers_to_the_login(self, requests: list[Callable[[Client], HttpResponse]]) -> None:
        for request in requests:
            response = request(Client())
            assert response.status_code == 302
            assert "/login/" in response["Location"]

    def test_hide_the_button_from_those_who_may_only_look(self) -> None:
        page = staff_browser("view_event").get(reverse("admin:catalog_event_changelist"))
        assert "Import from SkyBox" not in page.content.decode()

    @pytest.mark.parametrize("name", ["import", "report"])
    def test_do_not_matter_for_an_import_that_is_not_there(self, page: Client, name: str) -> None:
        assert page.get(reverse(f"admin:catalog_event_skybox_{name}", args=[uuid4()])).status_code == 404


class TestEventAdmin:
    """Events in the admin."""

    def test_lists_in_a_constant_number_of_queries(
        self, client: Client, superuser: User, django_assert_num_queries: Callable[..., Any]
    ) -> None:
        client.force_login(superuser)
        EventFactory.create_batch(2)
        address = reverse("admin:catalog_event_changelist")
        client.get(address)
        with django_assert_num_queries(9):
            client.get(address)
        EventFactory.create_batch(5)
        with django_assert_num_queries(9):
            client.get(address)

    @pytest.mark.parametrize("text", ["4711", "Banner"])
    def test_finds_by_skybox_id_and_words(self, client: Client, superuser: User, text: str) -> None:
        client.force_login(superuser)
        EventFactory(name="Wanted", skybox_event_id=4711, additional_info="Banner Night")
        EventFactory(name="Other")
        response = client.get(reverse("admin:catalog_event_changelist"), {"q": text})
        assert [event.name for event in response.context["cl"].result_list] == ["Wanted"]

    def test_shows_the_status_and_does_not_take_one(self, client: Client, superuser: User) -> None:
        client.force_login(superuser)
        event = EventFactory()
        page = reverse("admin:catalog_event_change", args=[event.pk])
        response = save(client, page, name="Renamed", status=EventStatus.CANCELLED)
        assert response.status_code == 302
        event.refresh_from_db()
        assert (event.name, event.status) == ("Renamed", EventStatus.SCHEDULED)


class TestEventImportAdmin:
    """Uploaded imports in the admin: to look at only."""

    def test_shows_uploads_without_their_files(self, client: Client, superuser: User, nfl: League) -> None:
        client.force_login(superuser)
        event_import = previewed(client, nfl, skybox_row())
        text = client.get(reverse("admin:catalog_eventimport_changelist")).content.decode()
        assert "export.json" in text
        detail = client.get(reverse("admin:catalog_eventimport_change", args=[event_import.pk])).content.decode()
        assert event_import.payload_sha256 in detail.replace("<wbr>", ""), "a narrow screen may break it"
        assert event_import.payload_sha256 not in detail
        assert reverse("admin:catalog_eventimport_rows", args=[event_import.pk]) in detail

    def test_leads_to_the_page_of_the_import(self, page: Client, nfl: League) -> None:
        event_import = previewed(page, nfl, skybox_row())
        answer = page.get(reverse("admin:catalog_eventimport_rows", args=[event_import.pk]))
        assert answer.url == reverse("admin:catalog_event_skybox_import", args=[event_import.pk])
