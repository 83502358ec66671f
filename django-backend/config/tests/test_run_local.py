"""The first command as a newcomer runs it, from a fresh copy in a folder with spaces; then the README's tour."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from config.tests.newcomer import RunLocal
from config.tests.newcomer import clone as clone  # noqa: PLC0414 - a fixture
from config.tests.processes import free_port
from config.tests.test_local_guide import INTERACTIVE_SHELLS
from devtools.stand_ins import CHANNEL

pytestmark = pytest.mark.stack


class Tour:
    """An interactive shell into which the printed tour is pasted block by block; `known` are the messages before it."""

    def __init__(self, run: RunLocal, *shell: str) -> None:
        self.stripe = run.wait_for(r"Stripe +(http://\S+)/")[1]
        self.slack = run.wait_for(r"Slack +(http://\S+)/")[1]
        printed = run.wait_for(r"(?s)A tour to paste .*?:\n\n(.*)\nCtrl-C stops")[1]
        self.blocks = re.split(r"(?m)^(?=: ')", printed)[1:]
        self.known = [message["ts"] for message in self.messages()]
        self.shell = subprocess.Popen(
            shell, env=os.environ | {"PS1": "", "PS2": "", "HISTFILE": ""}, start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip

    def walk(self) -> list[str]:
        """Return the answer of each block."""
        answers = []
        for block in self.blocks:
            if "= listed" in block:
                Thread(target=self.press_approve, daemon=True).start()
            elif "= paid" in block:
                self.pay(answers[-1].rpartition("/")[2])
            answers.append(self.run(block))
        self.shell.communicate("exit\n", timeout=60)
        return answers

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

    def messages(self) -> list[dict[str, Any]]:
        with urllib.request.urlopen(f"{self.slack}/channels/{CHANNEL}/messages", timeout=60) as answer:
            found: list[dict[str, Any]] = json.load(answer)["messages"]
        return found

    def pay(self, session: str) -> None:
        """Do what a person does on the page of the local Stripe."""
        body = json.dumps({"session": session, "number": "4242424242424242"}).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{self.stripe}/sandbox/pay", body, headers)).close()

    def press_approve(self) -> None:
        """Do what a person does in the local Slack: wait for the message about the listing and press its button."""
        for _ in range(120):
            for message in self.messages():
                if message["ts"] not in self.known and "triage.approve" in json.dumps(message["blocks"]):
                    press = {"user": "U01ADMIN", "channel": CHANNEL, "ts": message["ts"], "action_id": "triage.approve"}
                    body = json.dumps(press).encode()
                    headers = {"Content-Type": "application/json"}
                    urllib.request.urlopen(urllib.request.Request(f"{self.slack}/press", body, headers)).close()
                    return
            time.sleep(0.5)


def check_answers(answers: list[str]) -> None:
    """S2-23, S3-01, S3-22: sign-up, season ticket, listing, split, decision, purchase, sale."""
    assert json.loads(answers[1])["status"] == 401
    assert json.loads(answers[3])["email_verified"] is True
    assert answers[6] == "verified"
    listing, preview = (json.loads(line) for line in answers[7].splitlines())
    assert (listing["status"], listing["seats"], listing["price"]) == ("pending", ["1", "2", "3", "4"], "100.00")
    assert listing["split"] == {"rate": "0.2000", "rule": "default", "commission": "20.00", "payout": "80.00"}
    assert (preview["commission"], preview["payout"]) == ("20.00", "80.00")
    refusal = json.loads(answers[8])["errors"][0]
    assert (refusal["code"], refusal["attr"]) == ("seat_already_listed", "seats")
    assert "seat 2" in refusal["detail"]
    assert answers[9] == "listed", "approved by the button in the local Slack"
    [offered] = json.loads(answers[10])["results"]
    assert (offered["total"], offered["allowed_quantities"]) == ("100.00", [1, 2, 3, 4])
    assert answers[11].splitlines()[:2] == ["200.00", "180.00"]
    assert answers[12] == "paid", "by the webhook of the local Stripe"
    others = int(answers[13])
    assert others >= 2
    results = json.loads(answers[14])["results"]
    assert [result["status"] for result in results] == ["listed"] * others
    assert [sale["payout"] for sale in json.loads(answers[15])["sales"]] == ["80.00"]
    sales, availability = (json.loads(line) for line in answers[16].splitlines())
    assert [(sale["price"], sale["payout"]) for sale in sales["results"]] == [("100.00", "80.00")] * 3
    assert len(availability["games"]) == others + 1


class TestRunLocal:
    def test_leads_from_nothing_to_the_first_split_stops_clean_and_keeps_the_data(self, clone: Path) -> None:
        """S2-23, S2-29, S3-01, S3-22, S3-49: empty PostgreSQL, health, the printed tour in each shell, mails."""
        run = RunLocal(clone, port=free_port())
        try:
            run.wait_for(r"^ready$")
            health = run.wait_for(r"Health check +(curl .*)$")[1]
            services = json.loads(subprocess.run(["bash", "-c", health], capture_output=True, check=True).stdout)
            states = {name: service["status"] for name, service in services.items()}
            assert {states.pop(name) for name in ("Database", "Cache", "Celery")} == {"working"}
            assert set(states.values()) <= {"unknown", "working"}, "beat may not have had them checked yet"

            for shell in INTERACTIVE_SHELLS:
                check_answers(Tour(run, *shell).walk())
            mailbox = run.wait_for(r"Mailbox +(http://\S+/)$")[1]
            run.wait_for(rf"mail +\| To holder-\d+@example\.com: \S.*  {re.escape(mailbox)}mails/\d+$")
            assert "<html" not in run.output, "the terminal shows where to read a mail, not its text"

            assert run.interrupt() in {0, 130}
            assert run.left_overs() == []
        finally:
            run.end()
        run = RunLocal(clone, port=free_port())
        try:
            run.wait_for(r"Admin .*as you set it")  # the password is shown once
            os.killpg(run.process.pid, signal.SIGHUP)  # the terminal is closed
            run.process.wait(60)
            assert run.left_overs() == []
        finally:
            run.end()

    def test_starts_over_and_leaves_nothing_when_it_alone_gets_a_signal(self, clone: Path) -> None:
        """A request that is half sent holds the web up, but not until it would be killed."""
        self.end_by_signal(RunLocal(clone, port=free_port()), signal.SIGINT)
        again = RunLocal(clone, "--reset", port=free_port())
        # Elsewhere only the next start ends what is left after a kill.
        self.end_by_signal(again, signal.SIGKILL if sys.platform == "linux" else signal.SIGINT)
        assert re.search(r"Admin .*password: \S+$", again.output, re.MULTILINE), "the old data is gone"

    def end_by_signal(self, run: RunLocal, number: signal.Signals) -> None:
        try:
            run.wait_for(r"^ready$")
            with socket.create_connection(("127.0.0.1", run.port)) as client:
                client.sendall(b"GET /livez HTTP/1.1\r\nHost: loc")
                os.kill(run.process.pid, number)
                run.process.wait(60)
                deadline = time.monotonic() + 30
                while run.left_overs() and time.monotonic() < deadline:
                    time.sleep(0.1)
            assert run.left_overs() == []
            assert "sending SIGKILL to web" not in run.output
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

    def test_says_in_a_sentence_that_a_setting_has_the_wrong_form(self, clone: Path) -> None:
        run = RunLocal(clone, port=free_port(), PORT="80o1")
        assert run.process.wait(60) == 1
        assert "The environment variable PORT has a value of the wrong form" in run.output
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
