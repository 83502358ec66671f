#!/usr/bin/env bash
# Runs the whole suite in parallel on throw-away PostgreSQL and Redis servers and writes htmlcov/index.html.
# Usage: shell_scripts/run_tests.sh [arguments of pytest…]     (such as: -k listing -x)
set -euo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
case ${1:-} in --help) show_help && exit ;; esac # all that pytest takes: run_tests.sh -h
ensure_environment
cd "$PROJECT_DIR"
# For a path that does not exist, pytest in parallel says only "no tests ran".
for argument; do
    path=${argument%%::*}
    if [ -n "$path" ] && [ ! -e "$path" ] && [ -e "django-backend/$path" ]; then
        fail "There is no $path here. Paths are those from the project's root: django-backend/$argument"
    fi
    case $path in django-backend/*) [ -e "$path" ] || fail "There is no $path." ;; esac
done
export PYTHONPATH=$PROJECT_DIR/django-backend
# Tests start about a hundred processes: with compiled modules each takes a tenth less.
unset PYTHONDONTWRITEBYTECODE
# One more than processors: many tests wait for processes that they start.
processes=$(($(python -c 'import os; print(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)') + 1))
exec python -m devtools.embedded pytest --numprocesses "$processes" --dist worksteal \
    --cov --cov-report html:htmlcov --cov-report term:skip-covered "$@"
