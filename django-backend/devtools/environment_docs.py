"""Writes docs/settings.md, .env.dev.example and env.example from the table in config/variables/.

`python -m devtools.environment_docs` checks these files (exit 1 when one is stale); `--write` refreshes them.
"""

import sys
from itertools import groupby
from typing import Final

from config.environment import BACKEND_DIR, PROJECT_DIR
from config.variables import REQUIRED, VARIABLES, Required

SETTINGS_DOC: Final = PROJECT_DIR / "docs" / "settings.md"
ENV_EXAMPLE: Final = BACKEND_DIR / ".env.dev.example"
PRODUCTION_EXAMPLE: Final = PROJECT_DIR / "env.example"

_INTRODUCTION: Final = """# Settings

Made from `django-backend/config/variables/` by `python -m devtools.environment_docs --write`; a test fails when they
differ. Set the variables in the environment or, locally, in `django-backend/.env.dev` (made from `.env.dev.example`).
The environment wins; while `run_local.sh` runs, its variables come next.
`DJANGO_SETTINGS_MODULE` chooses the module: `config.settings.local` (the default of `manage.py`),
`config.settings.production` (the default of gunicorn) or `config.settings.test`; Celery has no default.
*required* means that production refuses to start without the variable and names it; *unset* means that there is no
default. Where two names stand, the first wins. Tests use the local defaults, except that they never send mail and never
answer debug pages.
"""

_TABLE_HEAD: Final = "| variable | what it does | local default | production default |\n|---|---|---|---|\n"
_EXAMPLE_HEADER: Final = """\
# Copy to .env.dev (git ignores it) and change what you need; shell_scripts/run_local.sh does it for you and fills in
# fresh secrets. Variables of the environment win over this file. The table is in docs/settings.md. The addresses of
# PostgreSQL, Redis and mail are commented out, because run_local.sh and docker compose each bring their own.
"""
_PRODUCTION_HEADER: Final = """\
# Every variable of production, at its default. Copy to .env (git ignores it) and fill in what has none; those behind
# a `#` may stay there. deploy/env.example is shorter: the ones to think about. The table is in docs/settings.md.
"""


def _default(value: str | Required | None) -> str:
    if value is REQUIRED:
        return "*required*"
    return "*unset*" if value is None else f"`{value}`"


def settings_markdown() -> str:
    """Return the text of docs/settings.md."""
    parts = [_INTRODUCTION]
    for section, variables in groupby(sorted(VARIABLES, key=lambda v: v.section), key=lambda v: v.section):
        parts.append(f"\n## {section}\n\n{_TABLE_HEAD}")
        for variable in variables:
            names = " or ".join(f"`{name}`" for name in variable.names)
            purpose = variable.purpose.replace("|", "\\|")
            parts.append(f"| {names} | {purpose} | {_default(variable.local)} | {_default(variable.production)} |\n")
    return "".join(parts)


def env_example() -> str:
    """Return the text of .env.dev.example: every variable at its local default, commented out where there is none."""
    lines = [_EXAMPLE_HEADER]
    for variable in VARIABLES:
        commented = "# " if variable.local is None or variable.brought else ""
        name = variable.alias or variable.name
        lines.append(f"\n# {variable.purpose}\n{commented}{name}={_quoted(variable.local or '')}\n")
    return "".join(lines)


def production_example() -> str:
    """Return the text of env.example: required variables are empty, those with a default are commented out."""
    lines = [_PRODUCTION_HEADER]
    for variable in VARIABLES:
        name = variable.alias or variable.name
        value = f"{name}=" if variable.production is REQUIRED else f"# {name}={_quoted(str(variable.production or ''))}"
        lines.append(f"\n# {variable.purpose}\n{value}\n")
    return "".join(lines)


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value or "#" in value else value


def main(arguments: list[str]) -> int:
    """Check, or with `--write` refresh, the files; return the exit code."""
    texts = {SETTINGS_DOC: settings_markdown(), ENV_EXAMPLE: env_example(), PRODUCTION_EXAMPLE: production_example()}
    stale = [path for path, text in texts.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    writes = "--write" in arguments
    for path in stale:
        if writes:
            path.write_text(texts[path], encoding="utf-8")
        else:
            name = path.relative_to(PROJECT_DIR)
            print(f"{name} is stale: run python -m devtools.environment_docs --write", file=sys.stderr)
    return 1 if stale and not writes else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
