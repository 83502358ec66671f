"""Runs management commands as processes of their own, on the database of the tests."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

BACKEND_DIR = Path(__file__).resolve().parents[3]
# VmHWM, the peak of this very program: getrusage() would count the memory of the process that started it.
PROGRAM = """
import sys
from django.core.management import execute_from_command_line
try:
    execute_from_command_line(["manage.py", *sys.argv[1:]])
finally:
    with open("/proc/self/status") as status:
        peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
    with open("peak_kilobytes", "w") as file:
        file.write(peak)
"""


def run_command(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `manage.py ARGUMENTS` in `folder`; the peak of its memory lies there afterwards, in `peak_kilobytes`."""
    database = connection.settings_dict
    address = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}@{database['HOST']}:{database['PORT']}"
    environment = os.environ | {
        "DATABASE_URL": f"postgres://{address}/{database['NAME']}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "PYTHONPATH": str(BACKEND_DIR),
    }
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


def peak_megabytes(folder: Path) -> float:
    """Return the peak resident memory of the last command that ran in `folder`, in MiB."""
    return int((folder / "peak_kilobytes").read_text(encoding="ascii")) / 1024
