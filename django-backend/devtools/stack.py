"""Runs the whole product on one machine: servers, migrations, sample data, then web, worker and beat in the foreground.

shell_scripts/run_local.sh calls it. On Ctrl-C everything it started ends in good order, the servers last.
"""

import argparse
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import environ
import redis
from django.core.exceptions import ImproperlyConfigured

from config.environment import BACKEND_DIR, PROJECT_DIR, Environment, Stage, source_of
from devtools.data import prepare_database
from devtools.embedded import PostgresServer, RedisServer
from devtools.ports import free_port
from devtools.processes import end_left_overs, new_manager
from devtools.running_product import PROGRAMS, claim, note_variables
from devtools.server_account import EmbeddedServiceError, server_programs, state_folder
from devtools.stand_ins import local_hubspot, local_mail, local_slack, local_stripe

# Each copy of .env.dev has fresh ones.
_SECRETS: Final = ("DJANGO_SECRET_KEY", "HEALTH_CHECK_TOKEN")
_PROCESSES: Final = {
    # A half-sent request delays the end no longer than this; after that the manager would kill the web.
    "web": "gunicorn --config config/gunicorn.py --bind 127.0.0.1:{port} --graceful-timeout 3 --reload config.wsgi",
    # Two workers, so that a decision pressed in Slack does not wait behind messages that keep to Slack's pace.
    "worker": (
        "celery --app config worker --loglevel INFO --concurrency 1 --queues default,payments --hostname worker@%h"
    ),
    "notifier": (
        "celery --app config worker --loglevel WARNING --concurrency 1 --queues notifications --hostname notifier@%h"
    ),
    "beat": "celery --app config beat --loglevel WARNING --schedule {schedule}",
}


def main(arguments: list[str]) -> int:
    """Run until Ctrl-C; return the exit code."""
    options = _options(arguments)
    # TERM from a service manager and HUP from a closed terminal end us as Ctrl-C does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))
    os.chdir(BACKEND_DIR)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.local")
    ensure_env_file()
    environ.Env.read_env(BACKEND_DIR / ".env.dev", overwrite=False)
    try:
        port = Environment(Stage.LOCAL)("PORT")
        with ExitStack() as stack:
            state = state_folder(PROJECT_DIR)
            claim(stack, state)
            if end_left_overs(state, os.environ):
                _say("Ended the processes of a run that was killed")
            _refuse_taken_port(port)
            _start_servers(stack, state, reset=options.reset)
            admin_password = prepare_database()
            # Right before they are bound: another product that starts at the same time may take the same ports.
            stand_ins = {
                "slack": local_slack(app_port=port, state=state, environment=os.environ),
                "mail": local_mail(state=state, environment=os.environ),
                "stripe": local_stripe(app_port=port, state=state, environment=os.environ),
                "hubspot": local_hubspot(app_port=port, environment=os.environ),
            }
            note_variables(state)
            return _run_processes(stack, state, port, admin_password, stand_ins)
    except (EmbeddedServiceError, ImproperlyConfigured) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        _say("Stopped.")
        return 130


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="run_local.sh",
        description="Runs the product on this machine. PORT=8001 moves it; DATABASE_URL and REDIS_URL replace the "
        "servers it brings.",
    )
    parser.add_argument(
        "--reset", action="store_true", help="throw the data of the servers it brings away and start over"
    )
    return parser.parse_args(arguments)


def ensure_env_file(folder: Path = BACKEND_DIR) -> bool:
    """Write `.env.dev` into `folder` unless it is there; return whether it was written. Only its owner may read it."""
    target = folder / ".env.dev"
    if target.exists():
        return False
    text = (folder / ".env.dev.example").read_text(encoding="utf-8")
    for name in _SECRETS:
        text = re.sub(rf"^(# )?{name}=.*$", f"{name}={secrets.token_urlsafe(48)}", text, flags=re.MULTILINE)
    target.touch(mode=0o600)
    target.write_text(text, encoding="utf-8")
    return True


def _say(sentence: str) -> None:
    print(f"==> {sentence}", flush=True)


def _refuse_taken_port(port: int) -> None:
    if free_port(port) != port:
        raise EmbeddedServiceError(
            f"Port {port} cannot be used: it is taken, or not yours to use. Choose another:"
            " PORT=8001 shell_scripts/run_local.sh"
        )


def _start_servers(stack: ExitStack, state: Path, *, reset: bool) -> None:
    own_postgres, own_redis = source_of("DJANGO_DATABASES") is None, source_of("DJANGO_CACHES") is None
    if reset:
        _reset(state, keeps_database=not own_postgres)
    if own_postgres:
        _say("Starting PostgreSQL")
        postgres = PostgresServer(state / "postgres", throw_away=False)
        stack.callback(postgres.stop)
        postgres.start()
        os.environ["DATABASE_URL"] = postgres.url
        os.environ[PROGRAMS] = str(server_programs(postgres.account)[0])
    if own_redis:
        _say("Starting Redis")
        redis_server = RedisServer(state / "redis", throw_away=False)
        stack.callback(redis_server.stop)
        redis_server.start()
        os.environ["REDIS_URL"] = redis_server.url
    else:
        _refuse_silent_redis()


def _refuse_silent_redis() -> None:
    # Without this the worker would only log its attempts while the person waits for "ready".
    address = Environment(Stage.LOCAL)("DJANGO_CACHES")["LOCATION"]
    try:
        if str(address).startswith(("redis:", "rediss:", "unix:")):
            redis.Redis.from_url(address, socket_connect_timeout=3).ping()
    except redis.RedisError as error:
        raise EmbeddedServiceError(f"The Redis of REDIS_URL does not answer: {error}") from None


def _reset(state: Path, *, keeps_database: bool) -> None:
    for name in ("postgres", "redis", "celerybeat"):
        shutil.rmtree(state / name, ignore_errors=True)
    for file in state.glob("*.sqlite3*"):
        file.unlink()
    _say("Starting over: the data of the servers that come with the product is gone")
    if keeps_database:
        _say("The database of DATABASE_URL is yours and was left as it is")


def _run_processes(
    stack: ExitStack, state: Path, port: int, admin_password: str | None, stand_ins: dict[str, str | None]
) -> int:
    schedule = state / "celerybeat"
    schedule.mkdir(exist_ok=True)
    manager = new_manager()
    values = {"port": port, "schedule": f"'{schedule / 'schedule'}'"}
    commands = {name: command.format(**values) for name, command in _PROCESSES.items()} | stand_ins
    for name, command in commands.items():
        if command:
            manager.add_process(name, f"exec {command}", cwd=str(BACKEND_DIR), env=dict(os.environ))
    # Its own process: the manager forks, which does not work with threads.
    guide = subprocess.Popen(
        [sys.executable, "-m", "devtools.guide"],
        env=os.environ | {"PORT": str(port), "LOCAL_ADMIN_PASSWORD": admin_password or ""},
    )
    stack.callback(guide.wait)
    stack.callback(guide.terminate)
    manager.loop()
    return int(manager.returncode or 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
