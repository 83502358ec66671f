#!/usr/bin/env bash
# Writes prod-requirements.txt (main packages) and dev-requirements.txt (main and development packages), with hashes, from
# poetry.lock. Uses the `poetry` of PATH when it has the export plugin, otherwise one in .poetry-venv that it makes.
# Usage: shell_scripts/create_requirements.sh [dev|prod|all] [--check]      (1, 2, 3 mean dev, prod, all; default all)
# --check writes nothing: it fails when poetry.lock does not fit pyproject.toml or a file does not fit poetry.lock.
set -euo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$PROJECT_DIR"

poetry_version=2.5.1
plugin_version=1.10.1

find_poetry() {
    if command -v poetry >/dev/null && poetry export --help >/dev/null 2>&1; then
        poetry=poetry
        return
    fi
    poetry=$PROJECT_DIR/.poetry-venv/bin/poetry
    if ! "$poetry" export --help >/dev/null 2>&1; then
        say "Installing Poetry $poetry_version with its export plugin into .poetry-venv"
        "${PYTHON:-python3}" -m venv --clear .poetry-venv
        .poetry-venv/bin/pip install --quiet --disable-pip-version-check \
            "poetry==$poetry_version" "poetry-plugin-export==$plugin_version" ||
            fail "Poetry could not be installed; the lines above say why."
    fi
}

# Groups of a set of packages: its name as Poetry's option value.
groups_of() {
    case $1 in
    prod) echo main ;;
    dev) echo main,dev ;;
    esac
}

export_requirements() { # set, file
    "$poetry" export --no-interaction --format requirements.txt --only "$(groups_of "$1")" --output "$2" ||
        fail "Poetry could not export the $1 packages."
}

check_requirements() { # set
    local fresh=$scratch/$1-requirements.txt
    export_requirements "$1" "$fresh"
    if ! diff -u "$1-requirements.txt" "$fresh"; then
        echo "$1-requirements.txt does not fit poetry.lock: run shell_scripts/create_requirements.sh $1" >&2
        return 1
    fi
}

sets="dev prod" check=
for argument in "$@"; do
    case $argument in
    dev | 1) sets=dev ;;
    prod | 2) sets=prod ;;
    all | 3) sets="dev prod" ;;
    --check) check=yes ;;
    --help | -h) show_help && exit ;;
    *) fail "Unknown argument: $argument. create_requirements.sh --help tells what there is: [dev|prod|all] [--check]" ;;
    esac
done

find_poetry
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
for set in $sets; do
    if [ -n "$check" ]; then
        check_requirements "$set" || status=1
    else
        export_requirements "$set" "$scratch/$set-requirements.txt"
        cp "$scratch/$set-requirements.txt" "$set-requirements.txt"
        say "Wrote $set-requirements.txt"
    fi
done
if [ -n "$check" ]; then
    "$poetry" check --lock --no-interaction || status=1
fi
exit "$status"
