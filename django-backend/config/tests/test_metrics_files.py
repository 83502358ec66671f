"""The dashboard, the alert rules and the page: they name metrics that exist, and the page names them all."""

import json
import os
import re
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import Settings

from apps.monitoring.selectors.invariants import INVARIANTS
from apps.monitoring.services import scrape
from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.prometheus import DASHBOARD, alert_queries, dashboard_queries

PAGE = PROJECT_DIR / "docs" / "monitoring.md"
METRIC = re.compile(r"\bstt_\w+")
ENDS = {"histogram": ("_bucket", "_sum", "_count"), "counter": ("_total",), "gauge": ("",)}


@pytest.fixture
def families(client: Client, settings: Settings, db: None, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The kind of each metric, by name, in a scrape of this product with a replica."""
    settings.HEALTH_CHECK_TOKEN = "token"
    monkeypatch.setattr(scrape, "has_replica", lambda: True)
    monkeypatch.setattr(scrape, "replica_lag_seconds", lambda: 0.0)
    text = client.get("/api/metrics/", headers={"Authorization": "token"}).text
    return {
        family.name: family.type
        for family in text_string_to_metric_families(text)
        if not family.name.endswith("_created")
    }


def series(families: dict[str, str]) -> set[str]:
    return {f"{name}{end}" for name, kind in families.items() for end in ENDS[kind]}


class TestFiles:
    @pytest.mark.parametrize("queries", [dashboard_queries, alert_queries], ids=lambda read: read.__name__)
    def test_name_metrics_that_exist(self, queries: Callable[[], list[str]], families: dict[str, str]) -> None:
        named = [METRIC.findall(query) for query in queries()]
        assert len(named) > 7
        assert {name for names in named for name in names} <= series(families)

    def test_dashboard_shows_every_family(self, families: dict[str, str]) -> None:
        """A metric that nobody looks at is one too many."""
        shown = METRIC.findall(" ".join(dashboard_queries()))
        without_end = {re.sub(r"_(bucket|sum|count|total)$", "", name) for name in shown} | set(shown)
        assert set(families) - without_end == set()

    def test_dashboard_has_panels_of_their_own_place(self) -> None:
        panels = json.loads(DASHBOARD.read_text())["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        places = [(x, y) for panel in panels for x, y in _squares(panel["gridPos"])]
        assert len(places) == len(set(places))

    def test_page_names_every_family(self, families: dict[str, str]) -> None:
        named = set(re.findall(r"`(stt_\w+)`", PAGE.read_text()))
        scraped = {name + ("_total" if kind == "counter" else "") for name, kind in families.items()}
        assert named == scraped

    def test_page_names_every_invariant(self) -> None:
        section = PAGE.read_text().partition("## Health check")[0]
        rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \|$", section, re.MULTILINE)
        assert rows == [(one.name, one.title, one.sentence) for one in INVARIANTS]

    def test_prometheus_asks_the_address_with_the_token(self) -> None:
        """The token is in no file; the command of the container writes it where the configuration looks."""
        [job] = yaml.safe_load((PROJECT_DIR / "prometheus" / "prometheus.yml").read_text())["scrape_configs"]
        assert job["metrics_path"] == "/api/metrics/"
        compose = yaml.safe_load((PROJECT_DIR / "docker-compose.yml").read_text())["services"]
        written = job["authorization"]["credentials_file"]
        assert f'printf %s "$$HEALTH_CHECK_TOKEN" > {written} ' in compose["prometheus"]["command"][0]
        host = job["static_configs"][0]["targets"][0].partition(":")[0]
        assert host in compose


def _squares(place: dict[str, int]) -> list[tuple[int, int]]:
    return [
        (x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])
    ]


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="Linux has it")
def test_requests_are_counted_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk the next count would end a web process with SIGBUS."""
    monkeypatch.setenv("PROMETHEUS_MULTIPROC_DIR", "")  # and restore it afterwards
    gunicorn, server = runpy.run_path(str(BACKEND_DIR / "config" / "gunicorn.py")), SimpleNamespace()
    gunicorn["on_starting"](server)
    gunicorn["on_exit"](server)
    assert Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).parent == Path("/dev/shm")
