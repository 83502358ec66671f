"""The commands that README, CONTRIBUTING and docs name, read from the pages themselves."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from config.environment import PROJECT_DIR

_TOUR: Final = re.compile(r"<!-- tour -->.*<!-- end of tour -->", re.DOTALL)  # test_run_local.py walks it
_FENCE: Final = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
_SPAN: Final = re.compile(r"`([^`\n]+)`")
_VARIABLES: Final = re.compile(r"^(?:[A-Z_]+=\S+ )+")
# In a block of shell every line is a command. Elsewhere these are; a program alone is only named.
_OURS: Final = re.compile(
    r"\S*shell_scripts/\w+\.sh\b|\w+\.sh \S|\.ci/run$"
    r"|(\S+/)?(python3?|manage\.py|manage|dj|invoke|inv|celery|gunicorn|coverage|pytest|pip|pre-commit|poetry) \S"
)

# What pages name by program, and why no second terminal beside run_local.sh runs it.
ELSEWHERE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("docker", "dc"), "needs a Docker daemon: test_containers.py, test_deploy_compose.py"),
    **dict.fromkeys(("heroku", "dokku", "kubectl", "railway"), "a platform's own program, with an account there"),
    "pg_basebackup": "copies a server: config/tests/test_replica.py",
    **dict.fromkeys(("sudo", "systemctl", "journalctl", "cp", "sed", "cd", "export"), "on a server: test_deploy_*.py"),
    "alias": "a shorthand; the commands behind it are run",
    "git": "changes a checkout",
    "curl": "asks the product, not a command of it; test_listing_csv_api.py and test_health_stack.py ask the same",
    "poetry": "asks the package index; create_requirements.sh brings it",
    "pre-commit": "a hook of git; lint.sh runs its checks",
    **dict.fromkeys(("gunicorn", "celery"), "serves until it is stopped; run_local.sh starts the same"),
    "uwsgi": "serves until it is stopped: test_uwsgi.py",
    "coverage": "measures the whole suite: test_run_tests.py",
    "npx": "asks the npm registry: test_typescript_client.py does the same",
    "openapi-python-client": "test_python_client.py does the same",
}
# The same by the beginning of the command.
TRIED_ELSEWHERE: Final[Mapping[str, str]] = {
    "shell_scripts/run_local.sh": "it is the first terminal: test_run_local.py",
    "shell_scripts/run_tests.sh": "it is what runs this: test_run_tests.py",
    "shell_scripts/lint.sh": "a run of CI has it",
    "lint.sh": "short for shell_scripts/lint.sh",
    ".ci/run": "it is what runs this",
    "shell_scripts/audit.sh": "asks the internet: test_deploy_audit.py",
    "shell_scripts/create_requirements.sh": "asks the package index: test_requirements.py",
    "shell_scripts/docker_deploy.sh": "Docker and Heroku: test_scripts_heroku.py",
    "shell_scripts/heroku_": "Heroku: test_scripts_heroku.py",
    "shell_scripts/vps_deploy.sh": "a server: test_scripts_project.py",
    "0 2 * * * ": "a line of cron, which runs backup.sh",
    "python manage.py runserver": "serves until it is stopped: test_task_runner.py",
    "python -m sandbox.mail": "serves until it is stopped: sandbox/tests/test_process.py",
    "python -m sandbox.github": "serves until it is stopped; the test of the commands starts it",
    "python manage.py stripe_webhook_endpoint": "needs a key of Stripe: payments/tests/test_endpoint.py",
    **dict.fromkeys(
        ("python manage.py export_buyer", "python manage.py erase_buyer"),
        "needs a buyer: orders/tests/test_buyer_erasure.py",
    ),
    "python -m sandbox.stripe": "serves until it is stopped: sandbox/tests/test_process.py",
    "python -m benchmarks.run": "takes minutes and brings servers of its own: benchmarks/tests",
    "python -m benchmarks.drill": "takes four minutes and needs nginx, pgbouncer and haproxy",
    "python manage.py check --deploy --fail-level WARNING": "by production's settings: lint.sh deploy",
    "DATABASE_URL=… ": "the short form of a command that stands on the same page",
    "source .venv/bin/activate && cd django-backend": "makes the second terminal, in which all others are run",
}


def pages() -> list[Path]:
    """Return the pages whose commands are meant to be used; ADRs describe a past state."""
    docs = sorted(path for path in (PROJECT_DIR / "docs").rglob("*.md") if path.parent.name != "adr")
    return [PROJECT_DIR / "README.md", PROJECT_DIR / "CONTRIBUTING.md", *docs]


def commands(page: str) -> Iterator[str]:
    """Yield each command of a page in its order, blocks first, in the one spelling in which it is run."""
    page = _TOUR.sub("", page)
    for language, block in _FENCE.findall(page):
        for line in block.replace("\\\n", " ").splitlines():
            code = re.sub(r"(^|\s+)#( .*)?$", "", line).strip()
            if code and (language in {"sh", "bash"} or (not language and _OURS.search(code))):
                yield _spelled(code)
    for span in _SPAN.findall(_FENCE.sub("", page)):
        code = span.replace("\\|", "|").strip()
        if "…" in code.replace("DATABASE_URL=…", ""):
            continue  # a form, not a command
        program = program_of(code)
        if _OURS.match(_VARIABLES.sub("", code)) or (program in ELSEWHERE and " " in code):
            yield _spelled(code)


def _spelled(code: str) -> str:
    """Write aliases out: `manage` of the runbook, `manage.py` in a sentence."""
    return re.sub(r"^(manage\.py|manage) ", "python manage.py ", code)


def program_of(command: str) -> str:
    """Return the name of the program, without variables that are set for it and without its folder."""
    first = (_VARIABLES.sub("", command).split() or [""])[0]
    return first if first.endswith(".sh") else first.rpartition("/")[2]


def why_not_run(command: str) -> str | None:
    """Return the reason why a command is not run beside the product, None when it is."""
    reasons = [why for start, why in TRIED_ELSEWHERE.items() if _VARIABLES.sub("", command).startswith(start)]
    reasons += [why for start, why in TRIED_ELSEWHERE.items() if command.startswith(start)]
    return next(iter(reasons), ELSEWHERE.get(program_of(command)))
