"""The first command as a newcomer runs it, from a fresh copy in a folder with spaces; then the README's tour."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path
from threading import Thread

import pytest

from config.environment import PROJECT_DIR
from config.local_guide import tour_blocks
from config.local_slack import CHANNEL
from config.tests.newcomer import RunLocal
from config.tests.newcomer import clone as clone  # noqa: PLC0414 - a fixture
from config.tests.processes import free_port

pytestmark = pytest.mark.stack


class Tour:
    """A shell that is fed the README's blocks one by one."""

    def __init__(self) -> None:
        self.shell = subprocess.Popen(["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, block: str) -> str:
        assert self.shell.stdin is not None
        assert self.shell.stdout is not None
        self.shell.stdin.write(f"{block}\necho end-of-block\n")
        self.shell.stdin.flush()
        lines = []
        while (line := self.shell.stdout.readline().rstrip("\n")) != "end-of-block":
            assert line or self.shell.poll() is None
            lines.append(line)
        return "\n".join(lines)

    def end(self) -> None:
        self.shell.communicate("exit\n", timeout=10)


def walk_the_tour(run: RunLocal, admin_password: str) -> list[str]:
    tour, answers = Tour(), []
    try:
        for _, code in tour_blocks((PROJECT_DIR / "README.md").read_text(encoding="utf-8")):
            block = code.replace("http://127.0.0.1:8000", f"http://127.0.0.1:{run.port}")
            if "= listed" in block:
                Thread(target=press_approve, args=(run,), daemon=True).start()
            if "KEY='paste" in block:
                key = run.wait_for(r"/accounts/confirm-email/([^/\s]+)", 20)[1]
                block = block.replace("paste the key here", key)
            answers.append(tour.run(block.replace("paste the admin password here", admin_password)))
    finally:
        tour.end()
    return answers


def press_approve(run: RunLocal) -> None:
    """Do what a person does in the local Slack: wait for the message about listings and press its button."""
    slack = run.wait_for(r"Slack +(http://\S+)/")[1]
    for _ in range(120):
        with urllib.request.urlopen(f"{slack}/channels/{CHANNEL}/messages", timeout=10) as answer:
            messages = json.load(answer)["messages"]
        for message in messages:
            if "triage.approve" in json.dumps(message["blocks"]):
                press = {"user": "U01ADMIN", "channel": CHANNEL, "ts": message["ts"], "action_id": "triage.approve"}
                body = json.dumps(press).encode()
                headers = {"Content-Type": "application/json"}
                urllib.request.urlopen(urllib.request.Request(f"{slack}/press", body, headers), timeout=10).close()
                return
        time.sleep(0.5)


class TestRunLocal:
    def test_leads_from_nothing_to_the_first_split_and_stops_clean(self, clone: Path) -> None:
        """S2-23, S3-01, S3-22, S3-49: empty PostgreSQL, sign-up, season ticket, listing, split, health."""
        run = RunLocal(clone, port=free_port())
        try:
            run.wait_for(r"^ready$")
            password = run.wait_for(r"Admin .*password: (\S+)")[1]
            health = run.wait_for(r"Health check +(curl .*)$")[1]
            services = json.loads(subprocess.run(["bash", "-c", health], capture_output=True, check=True).stdout)
            states = {name: service["status"] for name, service in services.items()}
            assert {states.pop(name) for name in ("Database", "Cache", "Celery")} == {"working"}
            assert set(states.values()) <= {"unknown", "working"}, "beat may not have had them checked yet"

            answers = walk_the_tour(run, password)
            assert json.loads(answers[1])["status"] == 401
            assert json.loads(answers[3])["email_verified"] is True
            assert answers[6] == "verified"
            listing, preview = (json.loads(line) for line in answers[7].splitlines())
            assert (listing["status"], listing["seats"], listing["price"]) == ("pending", ["1", "2"], "100.00")
            assert listing["split"] == {"rate": "0.2000", "rule": "default", "commission": "20.00", "payout": "80.00"}
            assert (preview["commission"], preview["payout"]) == ("20.00", "80.00")
            refusal = json.loads(answers[8])["errors"][0]
            assert (refusal["code"], refusal["attr"]) == ("seat_already_listed", "seats")
            assert "seat 2" in refusal["detail"]
            assert answers[9] == "listed", "approved by the button in the local Slack"
            others = int(answers[10])
            assert others >= 2
            results = json.loads(answers[11])["results"]
            assert [result["status"] for result in results] == ["listed"] * others
            assert [sale["payout"] for sale in json.loads(answers[12])["sales"]] == ["80.00"]
            sales, availability = (json.loads(line) for line in answers[13].splitlines())
            assert [sale["price"] for sale in sales["results"]] == ["100.00"]
            assert len(availability["games"]) == others + 1

            assert run.interrupt() in {0, 130}
            assert run.left_overs() == []
        finally:
            run.end()

    def test_keeps_the_data_until_reset(self, clone: Path) -> None:
        run = RunLocal(clone, port=free_port())
        try:
            run.wait_for(r"^ready$")
            assert "as you set it" in run.output, "the password is shown once"
            os.killpg(run.process.pid, signal.SIGHUP)  # the terminal is closed
            run.process.wait(60)
            assert run.left_overs() == []
        finally:
            run.end()
        run = RunLocal(clone, "--reset", port=free_port())
        try:
            run.wait_for(r"Admin .*password: \S+$")
        finally:
            run.end()

    def test_says_in_a_sentence_that_the_port_is_taken(self, clone: Path) -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            run = RunLocal(clone, port=other.getsockname()[1])
            assert run.process.wait(60) == 1
        assert f"Port {run.port} cannot be used" in run.output
        assert "PORT=" in run.output
        assert "Traceback" not in run.output

    def test_says_in_a_sentence_that_the_database_does_not_answer(self, clone: Path) -> None:
        run = RunLocal(clone, port=free_port(), DATABASE_URL=f"postgres://u:p@127.0.0.1:{free_port()}/d")
        assert run.process.wait(60) == 1
        assert "The database could not be prepared" in run.output
        assert "Traceback" not in run.output
        assert run.left_overs() == []

    def test_says_in_a_sentence_that_redis_does_not_answer(self, clone: Path) -> None:
        run = RunLocal(clone, port=free_port(), REDIS_URL=f"redis://127.0.0.1:{free_port()}/0")
        assert run.process.wait(60) == 1
        assert "The Redis of REDIS_URL does not answer" in run.output
        assert "Traceback" not in run.output
        assert run.left_overs() == []
