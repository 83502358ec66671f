"""The program as people start it."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from slack_sdk import WebClient

BACKEND = Path(__file__).parents[2]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
def test_it_starts_answers_and_ends_cleanly_with_a_call_waiting(tmp_path: Path, end: signal.Signals) -> None:
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


def test_it_imports_nothing_of_the_product() -> None:
    script = "import sys, sandbox.slack.__main__; print({'apps', 'config', 'django'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", script], cwd=BACKEND, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
