"""The program as people start it."""

import json
import signal
import smtplib
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from slack_sdk import WebClient
from stripe import StripeClient

BACKEND = Path(__file__).parents[2]


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_ends_cleanly_while_a_call_waits(tmp_path: Path, end: signal.Signals) -> None:
    command = [
        *(sys.executable, "-m", "sandbox.slack", "--port", "0", "--database", str(tmp_path / "slack.sqlite3")),
        *("--signing-secret", "s", "--staff-name", "Local Staff", "--channel", "C1=listings"),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=BACKEND, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().split()[3]
            assert url.startswith("http://127.0.0.1:")
            client = WebClient("xoxb-sandbox", base_url=f"{url}api/")
            assert client.users_info(user="U01ADMIN")["user"]["real_name"] == "Local Staff"
            process.send_signal(end)
            assert process.wait(timeout=20) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.parametrize("name", ["slack", "github", "hubspot", "mail", "stripe"])
def test_it_imports_nothing_of_the_product(name: str) -> None:
    script = f"import sys, sandbox.{name}.__main__; print({{'apps', 'config', 'django'}} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", script], cwd=BACKEND, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"


def test_the_mail_server_starts_shows_a_mail_and_stops(tmp_path: Path) -> None:
    """S2-29: start, send, see the mail, stop, ports free."""
    ports = [free_port(), free_port()]
    command = [sys.executable, "-m", "sandbox.mail", "--smtp-port", str(ports[0]), "--page-port", str(ports[1])]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=BACKEND, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().split()[3]
            assert url == f"http://127.0.0.1:{ports[1]}/,"
            for taken, more in ((ports[0], ["--page-port", "0"]), (ports[1], ["--smtp-port", "0"])):
                second = subprocess.run([*command, *more], cwd=BACKEND, capture_output=True, text=True, check=False)
                assert second.returncode == 1
                assert f"ort {taken} " in second.stderr
                assert "Traceback" not in second.stderr
            with smtplib.SMTP("127.0.0.1", ports[0], timeout=20) as open_until_the_end:
                open_until_the_end.sendmail("a@example.com", ["b@example.com"], b"Subject: Seats\n\nx")
                assert process.stdout.readline() == f"To b@example.com: Seats  {url.rstrip('/,')}/mails/1\n"
                with urllib.request.urlopen(f"{url.rstrip(',')}mails?wait=20", timeout=20) as answer:
                    assert json.load(answer)["mails"][0]["subject"] == "Seats"
                process.send_signal(signal.SIGINT)
                assert process.wait(timeout=20) == 0
                assert process.stderr.read() == ""
                with pytest.raises(smtplib.SMTPServerDisconnected):
                    open_until_the_end.noop()
            for port in ports:
                socket.create_server(("127.0.0.1", port)).close()
        finally:
            process.kill()


def test_the_local_stripe_starts_answers_and_ends_while_a_call_waits(tmp_path: Path) -> None:
    command = [
        *(sys.executable, "-m", "sandbox.stripe", "--port", "0", "--database", str(tmp_path / "stripe.sqlite3")),
        *("--key", "sk_test_x", "--webhook-url", "http://127.0.0.1:9/x", "--webhook-secret", "whsec_x"),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=BACKEND, stdout=pipe, stderr=pipe, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            url = process.stdout.readline().split()[3].rstrip("/")
            client = StripeClient("sk_test_x", base_addresses={"api": url}, max_network_retries=0)
            assert client.v1.balance.retrieve().available[0].amount == 10_000_000
            client.v1.customers.create(params={})  # its event waits for an endpoint that does not answer
            described = json.dumps({"kind": "timeout", "method": "GET", "seconds": 60}).encode()
            headers = {"Content-Type": "application/json"}
            urllib.request.urlopen(urllib.request.Request(f"{url}/sandbox/faults/calls", described, headers)).close()
            with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as waiting:
                waiting.sendall(b"GET /v1/balance HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                process.send_signal(signal.SIGTERM)
                assert process.wait(timeout=20) == 0
            assert process.stderr.read() == ""
        finally:
            process.kill()
