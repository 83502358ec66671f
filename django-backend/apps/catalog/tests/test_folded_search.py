"""Searching teams, venues, events and people whatever the accents, dots and case, by API and admin."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.catalog.filters import SearchFilterSet
from apps.catalog.models import Event, Team, Venue
from apps.catalog.testing.factories import EventFactory, TeamFactory, VenueFactory
from apps.common.folded_column import FoldedText
from apps.users.models import User
from apps.users.testing.factories import UserFactory


def found(client: APIClient, page: str, words: str) -> list[str]:
    return [row["name"] for row in client.get(f"/api/v1/{page}/", {"search": words}).json()["results"]]


class TestApi:
    @pytest.mark.parametrize("words", ["Montreal", "MONTRÉAL", "montre\u0301al", "canadiens montreal", "Montr'eal"])
    def test_finds_names_with_accents(self, user_api: APIClient, words: str) -> None:
        team = TeamFactory(
            name="Montréal Canadiens", city="Montréal", home_venue=VenueFactory(name="Stade de Montréal")
        )
        event = EventFactory(home_team=team, season__league=team.league, name="Canadiens, TBD")
        EventFactory()
        assert found(user_api, "teams", words) == [team.name]
        assert found(user_api, "events", words) == [event.name]
        assert found(user_api, "venues", words.replace("canadiens", "stade")) == ["Stade de Montréal"]

    @pytest.mark.parametrize("words", ["Montréal", "São Paulo"])
    def test_finds_plain_names_by_words_with_accents(self, user_api: APIClient, words: str) -> None:
        TeamFactory(name="Montreal Sao Paulo Club")
        assert found(user_api, "teams", words) == ["Montreal Sao Paulo Club"]

    def test_finds_nothing_else(self, user_api: APIClient) -> None:
        TeamFactory(name="Montréal Canadiens")
        assert found(user_api, "teams", "Montrael") == []
        assert found(user_api, "teams", "100%") == found(user_api, "teams", "_") == []

    def test_finds_games_by_their_round(self, user_api: APIClient) -> None:
        first = EventFactory(name="A at B", additional_info="First Round")
        EventFactory(season=first.season, name="A at B", additional_info="Final")
        assert found(user_api, "events", "A B first round") == ["A at B"]


class TestWriters:
    """The database generates the column, so nobody can forget it."""

    @pytest.mark.django_db
    def test_of_any_kind_cannot_forget_it(self) -> None:
        team, venue, event, user = TeamFactory(), VenueFactory(), EventFactory(), UserFactory()
        Team.objects.filter(id=team.id).update(name="Montréal")
        venue.name = "Montréal"
        Venue.objects.bulk_update([venue], ["name"])
        Event.objects.filter(id=event.id).update(additional_info="Coupe de Montréal")
        user.last_name = "Montréal"
        user.save(update_fields=["last_name"])
        for model in (Team, Venue, Event, User):
            assert model.objects.filter(folded__icontains="montreal").count() == 1, model


@pytest.mark.parametrize(
    ("page", "words"), [("catalog_team", "montreal"), ("catalog_venue", "MONTREAL"), ("users_user", "andre st pierre")]
)
def test_the_admin_finds_names_with_accents(admin_client: Client, page: str, words: str) -> None:
    TeamFactory(name="Montréal Canadiens", home_venue=VenueFactory(name="Montréal Forum"))
    UserFactory(first_name="André", last_name="St. Pierre")
    for _ in range(2):
        TeamFactory()
    answer = admin_client.get(reverse(f"admin:{page}_changelist"), {"q": words})
    assert answer.context["cl"].result_count == 1


def parts(model: type[models.Model]) -> set[str]:
    """Return the columns that a model's folded column is made of."""
    return {
        source.name
        for field in model._meta.local_fields
        if isinstance(field, models.GeneratedField) and isinstance(field.output_field, FoldedText)
        for source in field.expression.get_source_expressions()
    }


def unfolded(model: type[models.Model], fields: "tuple[str, ...]") -> list[str]:
    """Return the search fields that are part of a folded column and are searched as they stand."""
    found = []
    for path in fields:
        *relations, name = path.removesuffix("__exact").split("__")
        owner = model
        for relation in relations:
            owner = owner._meta.get_field(relation).related_model
        if name in parts(owner) and not path.endswith("__exact"):
            found.append(path)
    return found


class TestEverySearch:
    """Whoever adds a search finds names whatever their accents."""

    def test_of_the_admin_uses_folded_names(self) -> None:
        pages = {str(page): unfolded(page.model, tuple(page.search_fields)) for page in admin.site._registry.values()}
        assert {page: fields for page, fields in pages.items() if fields} == {}

    def test_of_the_api_uses_folded_names(self) -> None:
        filters = SearchFilterSet.__subclasses__()
        assert filters
        for filterset in filters:
            name = filterset.__name__.removesuffix("FilterSet")
            assert unfolded(apps.get_model("catalog", name), filterset.search_fields) == [], name

    def test_would_be_found_out(self) -> None:
        """A search of plain names is what the two tests above complain of."""
        event = apps.get_model("catalog", "Event")
        assert unfolded(event, ("name", "folded", "home_team__city", "skybox_event_id__exact")) == [
            "name",
            "home_team__city",
        ]

    def test_is_possible_for_teams_venues_events_and_people(self) -> None:
        names = {model._meta.label for model in apps.get_models() if parts(model)}
        assert names == {"catalog.League", "catalog.Team", "catalog.Venue", "catalog.Event", "users.User"}
