"""The first page, and what people type before they know where the API docs are."""

import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.users.testing.stories import staff_browser
from config.source_address import source_address

pytestmark = pytest.mark.django_db
WAYS_IN = ("/docs", "/docs/", "/api", "/api/", "/api/v1", "/api/v1/")


def links(client: Client) -> dict[str, str]:
    """Return the addresses of the first page's links, by what they say."""
    page = client.get("/").content.decode()
    main = page.partition("<main")[2]
    return {words: address for address, words in re.findall(r'<a href="([^"]+)">([^<]+)</a>', main)}


class TestFrontPage:
    def test_leads_to_docs_sign_up_admin_and_source(self, client: Client, settings: Settings) -> None:
        """S1-03, S2-24."""
        settings.SOURCE_URL = "https://git.example.com/tickets/backend"
        found = links(client)
        assert found.pop("Source code") == "https://git.example.com/tickets/backend"
        assert found.pop("Seat Split").startswith("https://")
        assert found == {"API docs": "/api/docs/", "Sign up": "/accounts/signup/", "Admin": "/admin/"}
        assert [client.get(address).status_code for address in found.values()] == [200, 200, 302]

    def test_leads_to_nothing_that_is_not_there(self, client: Client, settings: Settings) -> None:
        settings.ADMIN_ENABLED, settings.SOURCE_URL, settings.DEBUG = False, None, False
        assert links(client).keys() == {"Seat Split", "API docs", "Sign up"}
        assert b"Source" not in client.get("/").content

    def test_is_only_read(self, client: Client) -> None:
        head = client.head("/")
        assert (head.status_code, head.content) == (200, b"")
        assert client.post("/").status_code == 405

    def test_is_where_the_admin_and_the_brand_lead(self, client: Client) -> None:
        admin_page = staff_browser().get("/admin/").content.decode()
        assert re.search(r'<a href="/"[^>]*>\s*View site', admin_page)
        assert '<a class="brand" href="/">' in client.get("/accounts/login/").content.decode()


class TestWaysIn:
    @pytest.mark.parametrize("path", WAYS_IN)
    @pytest.mark.parametrize(
        ("accept", "name"),
        [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "docs"),
            ("*/*", "docs"),
            ("application/json", "schema"),
            ("application/json, text/plain, */*", "schema"),
            ("image/png", "docs"),
        ],
    )
    def test_lead_people_to_the_docs_and_programs_to_the_description(
        self, client: Client, path: str, accept: str, name: str
    ) -> None:
        answer = client.get(path, headers={"Accept": accept})
        assert (answer.status_code, answer["Location"], answer["Vary"]) == (302, reverse(name), "Accept")

    @pytest.mark.parametrize("path", WAYS_IN)
    def test_are_only_read(self, path: str) -> None:
        client = Client(enforce_csrf_checks=True)
        assert (client.head(path).status_code, client.head(path)["Location"]) == (302, "/api/docs/")
        for method in ("post", "put", "delete", "options"):
            answer = getattr(client, method)(path)
            assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
            assert answer.json()["errors"][0]["code"] == "method_not_allowed"

    @pytest.mark.parametrize("path", ["/docs/x", "/api/v2/", "/api/v1/nothing/", "/doc/"])
    def test_are_no_others(self, client: Client, path: str) -> None:
        assert client.get(path).status_code == 404


class TestSourceAddress:
    @pytest.mark.parametrize(
        ("remote", "address"),
        [
            ("https://git.example.com/tickets/backend.git", "https://git.example.com/tickets/backend"),
            ("https://git.example.com/tickets/backend/", "https://git.example.com/tickets/backend"),
            ("https://ann:secret@git.example.com/tickets/backend", "https://git.example.com/tickets/backend"),
            ("git@git.example.com:tickets/backend.git", "https://git.example.com/tickets/backend"),
            ("ssh://git@git.example.com:2222/tickets/backend.git", "https://git.example.com/tickets/backend"),
            ("/srv/git/backend", None),
            ("../backend", None),
            ("file:///srv/git/backend", None),
            ("https://git.example.com/a\"><script>", None),
            ("C:/code/backend", None),
        ],
    )  # fmt: skip
    def test_is_that_of_the_clone_without_its_password(self, tmp_path: Path, remote: str, address: str | None) -> None:
        (tmp_path / ".git").mkdir()
        config = f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {remote}\n\tfetch = +refs/heads/*:refs/*\n'
        (tmp_path / ".git" / "config").write_text(config)
        assert source_address(tmp_path) == address

    @pytest.mark.parametrize("config", ["", "no section", "[core]\n\tbare = false\n", '[remote "origin"]\n\turl\n'])
    def test_is_unknown_where_nothing_was_cloned(self, tmp_path: Path, config: str) -> None:
        assert source_address(tmp_path) is None
        (tmp_path / ".git").mkdir()
        (tmp_path / ".git" / "config").write_text(config)
        assert source_address(tmp_path) is None
