"""gunicorn configuration: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from config.environment import Environment, Stage
from config.log_form import server_logging

_env = Environment(Stage.of(os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.production")))

bind = f"0.0.0.0:{_env('PORT')}"
worker_class = "config.web_worker.BufferingWorker"  # gunicorn's own threads wait for slow clients
workers = _env("WEB_CONCURRENCY")
threads = _env("WEB_THREADS")
timeout = 60  # of a worker process that hangs as a whole; a single thread that takes long is never cut off
graceful_timeout = 30
keepalive = 65  # longer than the proxy's, so that the proxy never writes to a closed connection
accesslog = "-"
logger_class = "config.access_log.AccessLogger"
logconfig_dict = server_logging(_env("DJANGO_LOG_FORMAT"))
control_socket_disable = True  # nobody here talks to it, and two servers of one account would share its path
max_requests = 10_000
max_requests_jitter = 1_000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat off the disk


# Counts of requests: the processes count in files of one folder, and each of them answers a scrape for all. The library
# reads the variable when it is imported, so the master sets it first, and no process loads the application before.
# The files are mapped into memory, and on a full disk the next count ends a process with SIGBUS: off the disk, too.
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"


def on_starting(server: Any) -> None:
    """Make the folder, or empty the one that was chosen, unless an older master still counts there."""
    chosen = os.environ.get(_FOLDER)
    server.metrics_folder = None if chosen else tempfile.mkdtemp(prefix="stt-metrics-", dir=worker_tmp_dir)
    folder = Path(chosen or server.metrics_folder)
    folder.mkdir(parents=True, exist_ok=True)
    if "GUNICORN_PID" not in os.environ:
        for old in folder.glob("*.db"):
            old.unlink()
    os.environ[_FOLDER] = str(folder)


def pre_fork(_server: Any, _worker: Any) -> None:
    """Recreate the folder when something has cleaned the temporary files: no process starts without it."""
    Path(os.environ[_FOLDER]).mkdir(parents=True, exist_ok=True)


def child_exit(_server: Any, worker: Any) -> None:
    """Keep the counts of a process that has ended."""
    from apps.monitoring.gateways.worker_files import process_ended  # noqa: PLC0415 - after the variable is set

    process_ended(folder=Path(os.environ[_FOLDER]), pid=worker.pid)


def on_exit(server: Any) -> None:
    """Remove the folder that was made at the start."""
    if server.metrics_folder:
        shutil.rmtree(server.metrics_folder, ignore_errors=True)
