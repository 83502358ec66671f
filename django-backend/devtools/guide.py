"""Waits until the local product works and then prints where to click and a tour to paste."""

import os
import re
import sys
import time
import urllib.error
import urllib.request
from http import HTTPStatus
from typing import Final

from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from config.celery import app
from config.environment import PROJECT_DIR, Environment, Stage
from devtools.data import ADMIN_EMAIL

_PATIENCE_SECONDS: Final = 60
_WORKERS: Final = 2
_TOUR: Final = re.compile(r"<!-- tour -->\n(.*?)<!-- end of tour -->", re.DOTALL)
_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_CODE_BLOCK: Final = re.compile(r"^(.*?)\n*```sh\n(.*?)```$", re.DOTALL | re.MULTILINE)


def tour_blocks(readme: str) -> list[tuple[str, str]]:
    """Return the README's tour as (what it does, shell lines) pairs: the one text that people and tests run."""
    tour = _TOUR.search(readme)
    return [] if tour is None else [(" ".join(text.split()), code) for text, code in _CODE_BLOCK.findall(tour.group(1))]


def paste_safe(blocks: list[tuple[str, str]]) -> str:
    """Return the blocks as lines for any interactive shell, each after what it does.

    zsh runs what stands behind a `#`, so the prose is an argument of the command `:`, which does nothing. In single
    quotes no shell reads it: not `$`, not a backtick, not the `!` of the history. An apostrophe would end them.
    """
    said = [(text.replace("'", _APOSTROPHE).replace("**", ""), code) for text, code in blocks]
    return "\n".join(f": '{text}'\n{code}" for text, code in said)


def _is_healthy(base: str, token: str | None) -> bool:
    path = "/api/health-check/?format=json" if token else "/livez"
    request = urllib.request.Request(base + path, headers={"Authorization": token or ""})  # noqa: S310 - http, loopback
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == HTTPStatus.OK)
    except (urllib.error.URLError, OSError):
        return False


def _worker_answers() -> bool:
    try:
        return len(app.control.ping(timeout=1) or []) >= _WORKERS
    except (OperationalError, RedisError, OSError):
        return False


def _guide(base: str, token: str | None, admin_password: str) -> str:
    env = Environment(Stage.LOCAL)
    password = admin_password or "shown at the first start, or as you set it; --reset makes a new one"
    health = (
        f'curl -H "Authorization: {token}" "{base}/api/health-check/?format=json"'
        if token
        else "closed: set HEALTH_CHECK_TOKEN"
    )
    slack, mail, stripe, hubspot = (
        os.environ.get(f"LOCAL_{name}_URL", "") for name in ("SLACK", "MAIL", "STRIPE", "HUBSPOT")
    )
    tour = paste_safe(tour_blocks((PROJECT_DIR / "README.md").read_text(encoding="utf-8")))
    for in_readme, here in {
        "http://127.0.0.1:8000": base,
        "http://127.0.0.1:8050/": slack,
        "http://127.0.0.1:1080": mail.rstrip("/"),
        "paste the admin password here": admin_password,
    }.items():
        tour = tour.replace(in_readme, here or in_readme)
    return f"""
{"=" * 100}
ready

  Start         {base}/
  API docs      {base}/api/docs/
  Admin         {base}/{env("ADMIN_URL").lstrip("/")}   {ADMIN_EMAIL}   password: {password}
  Sign up       {base}/accounts/signup/
  Mailbox       {mail or "none here: EMAIL_URL or Mailgun says where mail goes"}
  Slack         {slack or "the one of STT_NOTIFICATIONS_BOT_API_TOKEN"}
  Stripe        {stripe or "the one of STRIPE_SECRET_KEY"}
  HubSpot       {hubspot or "the one of HUBSPOT_ACCESS_TOKEN"}
  Health check  {health}

A tour to paste into a second terminal:

{tour}
Ctrl-C stops everything.
{"=" * 100}
"""


def main() -> int:
    """Print the guide once all services work; return 1 when they do not within a minute."""
    base, token = f"http://127.0.0.1:{os.environ['PORT']}", os.environ.get("HEALTH_CHECK_TOKEN")
    deadline = time.monotonic() + _PATIENCE_SECONDS
    # The worker first: health checks before it is ready would fill the terminal with failures.
    while not (_worker_answers() and _is_healthy(base, token)):
        if time.monotonic() > deadline:
            print("==> Not all services work after a minute; the lines above say which.", file=sys.stderr, flush=True)
            return 1
        time.sleep(0.3)
    print(_guide(base, token, os.environ.get("LOCAL_ADMIN_PASSWORD", "")), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
