"""Prometheus and its promtool, where they are installed, and the queries that the dashboard and the alerts ask."""

import json
import shutil
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.environment import PROJECT_DIR
from config.tests.processes import free_port, listening_process, wait_until

FOLDER = PROJECT_DIR / "prometheus"
CONFIGURATION, ALERTS = FOLDER / "prometheus.yml", FOLDER / "alerts.yml"
DASHBOARD = PROJECT_DIR / "docs" / "grafana" / "dashboard.json"


def program(name: str) -> str:
    """Return the path of a program of Prometheus; the test is skipped where it is not installed."""
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed")
    return found


def promtool(*arguments: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run promtool in the folder of the rules."""
    return subprocess.run(
        [program("promtool"), *arguments], cwd=FOLDER, input=text, capture_output=True, text=True, check=False
    )


def dashboard_queries() -> list[str]:
    """Return what the panels ask."""
    panels: list[dict[str, Any]] = json.loads(DASHBOARD.read_text())["panels"]
    return [target["expr"] for panel in panels for target in panel["targets"]]


def alert_queries() -> list[str]:
    """Return what the alerts ask."""
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule["expr"] for group in groups for rule in group["rules"]]


@dataclass(frozen=True)
class Prometheus:
    """A server that runs."""

    url: str

    def is_ready(self) -> bool:
        """Return whether it answers queries; it listens before it does."""
        try:
            urllib.request.urlopen(f"{self.url}/-/ready", timeout=5).close()
        except urllib.error.URLError:
            return False
        return True

    def ask(self, path: str, **parameters: str) -> Any:
        """Return the data of an answer of the HTTP API; an error of Prometheus is an HTTPError here."""
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=20) as answer:
            return json.loads(answer.read())["data"]

    def query(self, expression: str) -> list[dict[str, Any]]:
        """Return the samples of a query at this moment."""
        return list(self.ask("query", query=expression)["result"])

    def rules(self) -> list[dict[str, Any]]:
        """Return the rules as they were last evaluated."""
        return [rule for group in self.ask("rules")["groups"] for rule in group["rules"]]


@contextmanager
def prometheus_of(port: int, *, token: str, folder: Path) -> Iterator[Prometheus]:
    """Run Prometheus as the project configures it, each second; only target, token's file and pace are others."""
    configuration = yaml.safe_load(CONFIGURATION.read_text())
    configuration["global"] = dict.fromkeys(configuration["global"], "1s")
    configuration["rule_files"] = [str(FOLDER / name) for name in configuration["rule_files"]]
    [job] = configuration["scrape_configs"]
    job["static_configs"] = [{"targets": [f"127.0.0.1:{port}"]}]
    job["authorization"]["credentials_file"] = str(folder / "token")
    (folder / "token").write_text(token)
    (folder / "prometheus.yml").write_text(yaml.safe_dump(configuration))
    own = free_port()
    command = [
        program("prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{own}",
    ]
    with listening_process(command, port=own, cwd=folder, log=folder / "prometheus.log"):
        running = Prometheus(f"http://127.0.0.1:{own}")
        wait_until(running.is_ready, details=lambda: (folder / "prometheus.log").read_text(errors="replace"))
        yield running
