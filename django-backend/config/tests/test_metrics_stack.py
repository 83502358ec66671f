"""Metrics of the product as it runs: gunicorn with two processes, a worker, beat."""

import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from apps.monitoring.testing.scraping import Samples, parsed, value
from config.environment import BACKEND_DIR
from config.tests.processes import free_port, listening_process, wait_until
from config.tests.prometheus import Prometheus, alert_queries, dashboard_queries, program, prometheus_of, promtool
from devtools.embedded import throw_away_services

TOKEN = "metrics-token"
SECONDS = 60
_CHECK = """
import django
django.setup()
from apps.monitoring.tasks import check_invariants
assert check_invariants() == 0
"""
pytestmark = pytest.mark.stack


@dataclass(frozen=True)
class Product:
    """What runs; `folder` is where the web processes count, `master` the process that minds them."""

    url: str
    folder: Path
    master: int
    environment: dict[str, str]

    def get(self, path: str, *, token: str = TOKEN) -> str:
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": token})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())

    def scraped(self) -> Samples:
        return parsed(self.get("/api/metrics/"))

    def asked(self, times: int) -> None:
        """Ask for liveness, eight at a time."""
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.get, ["/livez"] * times))

    def counted(self) -> float:
        return value(self.scraped(), "stt_http_requests_total", route="livez", method="GET", status="2xx")

    def processes(self) -> set[int]:
        """Return the ids of the web processes that have counted and live."""
        ids = {int(path.stem.rpartition("_")[2]) for path in self.folder.glob("counter_*.db")}
        return {pid for pid in ids if pid and Path(f"/proc/{pid}").exists()}


@contextmanager
def _process(arguments: list[str], environment: dict[str, str], log: Path) -> Iterator[None]:
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], cwd=BACKEND_DIR, env=environment, stdout=output, stderr=output
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(120)


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    logs, folder = tmp_path_factory.mktemp("logs"), tmp_path_factory.mktemp("metrics")
    (folder / "counter_1.db").write_bytes(b"of an earlier start, not even whole")
    with throw_away_services() as (postgres, redis), ExitStack() as stack:
        port = free_port()
        environment = os.environ | {
            "DJANGO_SETTINGS_MODULE": "config.settings.local",
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url,
            "HEALTH_CHECK_TOKEN": TOKEN,
            "DJANGO_DEBUG": "False",
            "WEB_CONCURRENCY": "2",
            "PROMETHEUS_MULTIPROC_DIR": str(folder),
        }
        for name in ("DJANGO_DATABASES", "DJANGO_CACHES", "CELERY_BROKER_URL"):
            environment.pop(name, None)
        worker = ["celery", "--app", "config", "worker", "--concurrency", "2"]
        stack.enter_context(_process(worker, environment, logs / "worker.log"))
        beat = ["celery", "--app", "config", "beat", "--schedule", str(logs / "schedule")]
        stack.enter_context(_process(beat, environment, logs / "beat.log"))
        web = [
            sys.executable,
            "-m",
            "gunicorn",
            "-c",
            "config/gunicorn.py",
            "--bind",
            f"127.0.0.1:{port}",
            "config.wsgi",
        ]
        running = stack.enter_context(
            listening_process(web, port=port, cwd=BACKEND_DIR, log=logs / "web.log", env=environment)
        )
        yield Product(f"http://127.0.0.1:{port}", folder, running.pid, environment)


def numbers(answer: list[dict[str, Any]]) -> list[float]:
    values = [float(sample["value"][1]) for sample in answer]
    return [number for number in values if number == number]  # noqa: PLR0124 - NaN is no number


class TestWebProcesses:
    def test_answer_a_scrape_for_each_other(self, product: Product) -> None:
        """Whichever process is asked, it knows what all of them have counted."""
        before = product.counted()
        wait_until(lambda: product.asked(50) is None and len(product.processes()) == 2)
        asked = product.counted() - before
        assert asked % 50 == 0
        assert asked >= 50
        assert {product.counted() - before for _ in range(10)} == {asked}

    def test_leave_their_counts_behind_when_killed(self, product: Product) -> None:
        wait_until(lambda: product.asked(50) is None and len(product.processes()) == 2)
        before, victim = product.counted(), min(product.processes())
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: not (product.folder / f"counter_{victim}.db").exists())
        assert product.counted() == before
        product.asked(10)
        assert product.counted() == before + 10

    def test_are_refused_without_the_token(self, product: Product) -> None:
        with pytest.raises(urllib.error.HTTPError, match="403"):
            product.get("/api/metrics/", token="wrong")


class TestWorker:
    def test_counts_what_it_has_done(self, product: Product) -> None:
        """Beat sends a sweep every five seconds, a process of the worker's pool does it, web reports it."""
        labels = {"task": "notifications.deliver_outbox", "outcome": "success"}
        wait_until(lambda: value(product.scraped(), "stt_tasks_total", **labels) >= 2)
        found = product.scraped()
        assert value(found, "stt_task_seconds_count", task=labels["task"]) >= 2
        assert value(found, "stt_source_up", source="broker") == 1


@pytest.fixture(scope="module")
def prometheus(product: Product, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    program("prometheus")
    # What beat does within a minute and a quarter of an hour, now.
    checks = [sys.executable, "-c", _CHECK]
    subprocess.run(checks, cwd=BACKEND_DIR, env=product.environment, check=True)
    port = int(product.url.rpartition(":")[2])
    with prometheus_of(port, token=TOKEN, folder=tmp_path_factory.mktemp("prometheus")) as running:
        scraped_twice = "count_over_time(up[1m]) > 1"
        wait_until(lambda: bool(running.query(scraped_twice)))
        yield running


class TestPrometheus:
    """Prometheus itself scrapes the product, and is asked what the dashboard and the alerts ask."""

    def test_takes_what_the_product_answers(self, product: Product, prometheus: Prometheus) -> None:
        [target] = prometheus.ask("targets")["activeTargets"]
        assert (target["health"], target["lastError"]) == ("up", "")
        done = promtool("check", "metrics", text=product.get("/api/metrics/"))
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")

    def test_has_data_for_every_panel(self, product: Product, prometheus: Prometheus) -> None:
        """A rate needs traffic between two scrapes, so traffic goes on while it is waited for."""
        without = [query for query in dashboard_queries() if "replica" not in query]  # the product has none

        def all_have_data() -> bool:
            product.asked(5)
            without[:] = [query for query in without if not numbers(prometheus.query(query))]
            return not without

        wait_until(all_have_data, details=lambda: without)

    def test_counts_what_was_asked(self, product: Product, prometheus: Prometheus) -> None:
        count = 'stt_http_requests_total{route="livez", method="GET", status="2xx"}'
        product.asked(30)
        asked = product.counted()
        wait_until(lambda: numbers(prometheus.query(count)) == [asked])

    def test_evaluates_every_alert_and_fires_none(self, prometheus: Prometheus) -> None:
        """The product is well: whatever speaks now would always speak."""
        wait_until(lambda: all(rule["health"] != "unknown" for rule in prometheus.rules()))
        rules = prometheus.rules()
        assert len(rules) == len(alert_queries())
        assert [rule["name"] for rule in rules if rule["health"] != "ok" or rule["state"] != "inactive"] == []


class TestCleanedFolder:
    def test_costs_counts_and_not_the_product(self, product: Product) -> None:
        """Something removes old temporary files of the running processes; the next process makes the folder again."""
        wait_until(lambda: product.asked(50) is None and len(product.processes()) == 2)
        old = product.processes()
        shutil.rmtree(product.folder)
        assert value(product.scraped(), "stt_source_up", source="request_counts") == 0
        for process in old:
            os.kill(process, signal.SIGKILL)
        wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in old))
        before = product.counted()
        product.asked(10)
        assert product.counted() == before + 10
        assert value(product.scraped(), "stt_source_up", source="request_counts") == 1
