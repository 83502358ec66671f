"""What a person's tools do to a request: browsers ask for HTML, addresses lose a plus, programs carry no form token."""

import pytest
from django.test import Client
from rest_framework.renderers import BrowsableAPIRenderer, JSONRenderer
from rest_framework.test import APIClient, APIRequestFactory, force_authenticate

from apps.catalog.testing.factories import TeamFactory
from apps.catalog.views import TeamViewSet
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_a_list_has_a_page_in_the_browsable_api() -> None:
    """The library's form of filters failed on a filter by a league's code."""
    TeamFactory()
    request = APIRequestFactory().get("/api/v1/teams/", headers={"Accept": "text/html"})
    force_authenticate(request, UserFactory(superuser=True))
    view = TeamViewSet.as_view({"get": "list"}, renderer_classes=[JSONRenderer, BrowsableAPIRenderer])
    answer = view(request).render()
    assert (answer.status_code, answer["Content-Type"].partition(";")[0]) == (200, "text/html")


def test_an_offset_whose_plus_was_lost_is_explained() -> None:
    client = APIClient()
    client.force_authenticate(UserFactory())
    address = "/api/v1/events/?starts_after=2026-01-01T00:00:00"
    assert client.get(f"{address}%2B02:00").status_code == 200
    [error] = client.get(f"{address}+02:00").json()["errors"]
    assert error == {
        "code": "invalid",
        "detail": 'A "+" in an address means a space. Write the offset with "%2B".',
        "attr": "starts_after",
    }


@pytest.mark.parametrize("path", ["/api/health-check/", "/api/metrics/"])
def test_a_program_without_a_form_token_reads_json(path: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(path)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (403, "csrf_failed")
