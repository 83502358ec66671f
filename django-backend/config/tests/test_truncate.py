"""`manage.py truncate` empties the named tables and nothing else; numbering begins again with sqlsequencereset."""

import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from apps.catalog.models import League, Season, Venue
from apps.catalog.testing.factories import SeasonFactory, VenueFactory
from apps.listings.models import Listing, ListingEvent
from apps.listings.testing.stories import on_sale
from apps.users.models import User
from config.environment import BACKEND_DIR
from devtools.server_account import Account, server_programs

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = "apps.common.management.commands.truncate"


@pytest.fixture(autouse=True)
def _development(settings: Settings) -> None:
    settings.DEBUG = True


def truncate(app: str, model: str, *options: str, no_input: bool = True) -> str:
    out = StringIO()
    arguments = ["--apps", *app.split(), "--models", *model.split(), *options, *(["--no-input"] if no_input else [])]
    call_command("truncate", *arguments, stdout=out)
    return out.getvalue()


class Terminal(StringIO):
    """Standard input of somebody who is there."""

    def isatty(self) -> bool:
        return True


class TestTruncate:
    def test_empties_that_model_only(self) -> None:
        """S3-45."""
        SeasonFactory()
        VenueFactory.create_batch(2)
        assert truncate("catalog", "venue") == "catalog.Venue (2 rows)\n2 rows deleted.\n"
        assert (Venue.objects.count(), Season.objects.count(), League.objects.count()) == (0, 1, 1)

    def test_takes_several(self) -> None:
        """S3-45."""
        season = SeasonFactory()
        User.objects.create_user("a@example.com", "correct-horse-42")
        assert "catalog.Season (1 row)" in truncate("catalog sessions", "Season Session")
        assert (Season.objects.count(), League.objects.get(), User.objects.count()) == (0, season.league, 1)

    @pytest.mark.parametrize(
        ("app", "model", "sentences"),
        [
            ("catalog", "Venue Stadium Arena", ["no model Stadium in catalog.", "no model Arena in catalog."]),
            ("catalog", "venues", ["no model venues in catalog. Did you mean Venue?"]),
            ("catalogue", "Venue", ["no app catalogue. Did you mean catalog?"]),
            ("catalogue holders", "Venue", ["no app catalogue. Did you mean catalog?"]),
            ("catalog", "ListingEvent", ["no model ListingEvent in catalog."]),
        ],
    )
    def test_unknown_names_delete_nothing(self, app: str, model: str, sentences: list[str]) -> None:
        """S3-45."""
        VenueFactory()
        with pytest.raises(CommandError) as refusal:
            truncate(app, model)
        assert str(refusal.value) == " ".join(f"There is {sentence}" for sentence in sentences)
        assert refusal.value.returncode != 0
        assert Venue.objects.count() == 1

    def test_says_what_would_go_along_and_needs_cascade(self) -> None:
        season = SeasonFactory()
        with pytest.raises(
            CommandError, match=r"Rows that refer to these would be deleted, too: catalog.Season \(1 row\).*--cascade"
        ):
            truncate("catalog", "League")
        assert League.objects.get() == season.league
        printed = truncate("catalog", "League", "--cascade")
        assert "catalog.Season (1 row), refers to these" in printed
        assert "2 rows deleted." in printed
        assert (League.objects.count(), Season.objects.count()) == (0, 0)

    def test_finds_what_refers_indirectly(self) -> None:
        on_sale()
        with pytest.raises(CommandError, match=r"listings.ListingEvent \(\d+ rows\)"):
            truncate("catalog", "Season")
        assert ListingEvent.objects.exists()


class TestRowsKeptForGood:
    def test_are_refused_in_production(self, settings: Settings) -> None:
        """S3-45: TRUNCATE goes past the triggers that forbid DELETE."""
        settings.DEBUG = False
        on_sale()
        for model in ("ListingEvent", "Listing"):
            with pytest.raises(CommandError, match=r"kept for good: .*listings.ListingEvent .*Nothing was deleted"):
                truncate("listings", model, "--cascade")
        assert Listing.objects.count() == 1
        assert ListingEvent.objects.exists()

    def test_other_models_can_be_emptied_in_production(self, settings: Settings) -> None:
        settings.DEBUG = False
        VenueFactory()
        truncate("catalog", "Venue")
        assert not Venue.objects.exists()


class TestQuestion:
    @pytest.mark.parametrize(("answer", "left"), [("yes", 0), ("no", 1), ("y", 1), ("", 1)])
    def test_only_yes_deletes(self, monkeypatch: pytest.MonkeyPatch, answer: str, left: int) -> None:
        """S3-45."""
        VenueFactory()
        monkeypatch.setattr("sys.stdin", Terminal(f"{answer}\n"))
        try:
            truncate("catalog", "Venue", no_input=False)
        except CommandError as refusal:
            assert str(refusal) == "Nothing was deleted."  # noqa: PT017 - one of the four answers raises nothing
        assert Venue.objects.count() == left

    @pytest.mark.parametrize(("stdin", "sentence"), [(StringIO("yes\n"), "--no-input"), (Terminal(""), "Nothing was")])
    def test_nobody_there_deletes_nothing(
        self, monkeypatch: pytest.MonkeyPatch, stdin: StringIO, sentence: str
    ) -> None:
        VenueFactory()
        monkeypatch.setattr("sys.stdin", stdin)
        with pytest.raises(CommandError, match=sentence):
            truncate("catalog", "Venue", no_input=False)
        assert Venue.objects.count() == 1

    def test_row_that_comes_meanwhile_is_not_deleted(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Race: the plan said that nothing refers to it, then somebody wrote a row that would."""
        league = SeasonFactory().league
        Season.objects.all().delete()
        monkeypatch.setattr(f"{COMMAND}._ask", lambda: SeasonFactory(league=league))
        with pytest.raises(CommandError, match=r"would be deleted, too: catalog.Season"):
            truncate("catalog", "League", no_input=False)
        assert League.objects.exists()


class TestNumbering:
    def test_begins_again_at_one(self) -> None:
        """S3-46: truncate, sqlsequencereset through dbshell, create: the id is 1."""
        listing = on_sale()
        row: dict[str, Any] = {"listing": listing, "source": "system", "to_status": "listed", "at": timezone.now()}
        assert ListingEvent.objects.create(**row).pk > 1
        truncate("listings", "ListingEvent")
        assert ListingEvent.objects.create(**row).pk > 1  # emptying alone goes on counting
        truncate("listings", "ListingEvent")
        _pipe("sqlsequencereset listings", "dbshell")
        assert ListingEvent.objects.create(**row).pk == 1


def _pipe(first: str, second: str) -> None:
    """Run two commands of manage.py with a pipe between them, on the test's own database."""
    database = connection.settings_dict
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**database)
    programs = server_programs(Account.for_servers())[0]
    environment = {**os.environ, "DATABASE_URL": url, "PATH": f"{programs}:{os.environ['PATH']}"}
    environment.pop("DJANGO_DATABASES", None)
    manage = f"'{sys.executable}' manage.py"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", f"{manage} {first} | {manage} {second}"], cwd=BACKEND_DIR,
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
