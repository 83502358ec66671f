"""uWSGI serves the product by the command that the deployment page names."""

import re
import shlex
from pathlib import Path

import pytest
import requests

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.tests.deployed import BEHIND_PROXY, PROGRAMS, production_variables
from config.tests.processes import free_port, listening_process

pytestmark = [
    pytest.mark.stack,
    pytest.mark.skipif(not (PROGRAMS / "uwsgi").exists(), reason="pyuwsgi is not installed: it has wheels for Linux"),
]


def test_answers_by_the_documented_command(tmp_path: Path) -> None:
    """S2-05."""
    page = (PROJECT_DIR / "docs/deploy/index.md").read_text()
    (documented,) = re.findall(r"^uwsgi .*$", page, re.MULTILINE)
    port = free_port()
    command = shlex.split(documented.replace("127.0.0.1:8000", f"127.0.0.1:{port}"))
    command[0] = str(PROGRAMS / command[0])
    with listening_process(command, port=port, cwd=BACKEND_DIR, log=tmp_path / "uwsgi.log", env=production_variables()):
        address = f"http://127.0.0.1:{port}"
        assert requests.get(f"{address}/livez", headers=BEHIND_PROXY, timeout=60).text == "ok\n"
        assert requests.get(f"{address}/api/v1/me/", headers=BEHIND_PROXY, timeout=60).status_code == 401
