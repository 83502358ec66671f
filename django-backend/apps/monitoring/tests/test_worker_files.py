"""Processes that count in files of one folder: the sums are right while they live and when they end or are killed."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from apps.monitoring.gateways import worker_files
from apps.monitoring.gateways.worker_files import process_ended, reading
from apps.monitoring.testing.scraping import Samples, samples, value

BACKEND = Path(__file__).resolve().parents[3]
_COUNT = """
import os, sys
from apps.monitoring.gateways.request_counts import request_counted, request_in_progress
for _ in range(int(sys.argv[1])):
    request_counted(route="x", method="GET", status=200, seconds=0.02)
print(os.getpid(), flush=True)
if len(sys.argv) > 2:
    with request_in_progress():
        print("busy", flush=True)
        sys.stdin.read()
"""


def counting(folder: Path, requests: int, *more: str) -> subprocess.Popen[str]:
    """Start a process that counts requests; with one word more it stays in the middle of another one."""
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder), "PYTHONPATH": str(BACKEND)}
    return subprocess.Popen(
        [sys.executable, "-c", _COUNT, str(requests), *more],
        env=environment,
        cwd=BACKEND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ended(folder: Path, requests: int) -> int:
    """Count requests in a process that has ended, and return its id."""
    process = counting(folder, requests)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    return int(out)


def read(folder: Path) -> Samples:
    with reading(folder):
        return samples(MultiProcessCollector(None, path=str(folder)).collect())


def count(found: Samples) -> float:
    return value(found, "stt_http_requests_total", route="x", method="GET", status="2xx")


def spent(found: Samples) -> tuple[float, float, float]:
    labels = {"route": "x", "method": "GET"}
    return (
        value(found, "stt_http_request_seconds_count", **labels),
        value(found, "stt_http_request_seconds_bucket", **labels, le="0.01"),
        value(found, "stt_http_request_seconds_bucket", **labels, le="0.025"),
    )


class TestFiles:
    def test_add_up(self, tmp_path: Path) -> None:
        for requests in (3, 4):
            ended(tmp_path, requests)
        assert count(read(tmp_path)) == 7
        assert spent(read(tmp_path)) == (7, 0, 7)

    def test_keep_the_counts_of_those_that_ended(self, tmp_path: Path) -> None:
        """Gunicorn replaces its processes for ever; the files do not grow in number, the sums do not shrink."""
        total = 0
        for requests in (1, 2, 3, 4):
            process_ended(folder=tmp_path, pid=ended(tmp_path, requests))
            total += requests
            assert count(read(tmp_path)) == total
            assert spent(read(tmp_path)) == (total, 0, total)
            assert len(list(tmp_path.glob("counter_*.db"))) == 1
            assert len(list(tmp_path.glob("histogram_*.db"))) == 1

    def test_forget_what_a_killed_process_was_doing(self, tmp_path: Path) -> None:
        process = counting(tmp_path, 5, "stay")
        assert process.stdout
        pid = int(process.stdout.readline())
        assert process.stdout.readline() == "busy\n"
        assert value(read(tmp_path), "stt_http_requests_in_progress") == 1
        process.kill()
        process.communicate(timeout=30)
        process_ended(folder=tmp_path, pid=pid)
        assert value(read(tmp_path), "stt_http_requests_in_progress") == 0
        assert count(read(tmp_path)) == 5

    def test_of_a_process_that_counted_nothing_are_no_matter(self, tmp_path: Path) -> None:
        process_ended(folder=tmp_path, pid=12_345)
        assert read(tmp_path) == {}

    def test_of_a_folder_that_is_gone_are_no_reason_to_stop(self, tmp_path: Path) -> None:
        """The master calls this; an error here would end it."""
        process_ended(folder=tmp_path / "gone", pid=12_345)

    def test_that_are_torn_do_not_spoil_the_others(self, tmp_path: Path) -> None:
        """A process was killed while it wrote, or the disk was full."""
        process_ended(folder=tmp_path, pid=ended(tmp_path, 2))
        torn = ended(tmp_path, 3)
        file = tmp_path / f"counter_{torn}.db"
        file.write_bytes(file.read_bytes()[:20])
        process_ended(folder=tmp_path, pid=torn)
        assert count(read(tmp_path)) == 2
        assert not file.exists()
        assert spent(read(tmp_path))[0] == 5


class TestRaces:
    def scrape_in_between(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> float:
        """Scrape while the counts of an ended process are in both files."""
        pid = ended(folder, 3)
        between, done, seen = threading.Event(), threading.Event(), []
        unlink = Path.unlink

        def slow(path: Path, *, missing_ok: bool = False) -> None:
            if path.name == f"counter_{pid}.db":
                between.set()
                done.wait(2)
            unlink(path, missing_ok=missing_ok)

        def scrape() -> None:
            between.wait(20)
            seen.append(count(read(folder)))
            done.set()

        monkeypatch.setattr(Path, "unlink", slow)
        reader = threading.Thread(target=scrape)
        reader.start()
        process_ended(folder=folder, pid=pid)
        reader.join(20)
        return seen[0]

    def test_a_scrape_never_counts_twice(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.scrape_in_between(tmp_path, monkeypatch) == 3

    def test_a_scrape_counts_twice_without_the_lock(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The twin: the same scrape without the lock sees 6 where there were 3."""
        monkeypatch.setattr(worker_files.fcntl, "flock", lambda *_: None)
        assert self.scrape_in_between(tmp_path, monkeypatch) == 6
