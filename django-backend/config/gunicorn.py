"""gunicorn configuration: `gunicorn -c config/gunicorn.py config.wsgi`."""

import os
from pathlib import Path

from config.environment import Environment, Stage

_env = Environment(Stage.of(os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings.production")))

bind = f"0.0.0.0:{_env('PORT')}"
worker_class = "gthread"
workers = _env("WEB_CONCURRENCY")
threads = _env("WEB_THREADS")
timeout = 60
graceful_timeout = 30
keepalive = 65  # longer than the proxy's, so that the proxy never writes to a closed connection
accesslog = "-"
access_log_format = '%(h)s "%(m)s %(U)s %(H)s" %(s)s %(B)s %(L)s'  # no query string: it may hold personal data
control_socket_disable = True  # nobody here talks to it, and two servers of one account would share its path
max_requests = 10_000
max_requests_jitter = 1_000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - heartbeat off the disk
