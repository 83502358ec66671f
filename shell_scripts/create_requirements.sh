#!/usr/bin/env bash
# Writes prod-requirements.txt (main packages), dev-requirements.txt (main and development packages) and
# poetry-requirements.txt (Poetry itself) with hashes from poetry.lock. The last one installs Poetry, into .poetry-venv.
# Usage: shell_scripts/create_requirements.sh [dev|prod|poetry|all] [--check]      (1, 2, 3 mean dev, prod, all; default all)
# --check writes nothing: it fails if poetry.lock does not match pyproject.toml, or a file does not match poetry.lock.
set -euo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$PROJECT_DIR"

# Groups of a set of packages: its name as Poetry's option value.
groups_of() {
    case $1 in
    prod) echo main ;;
    dev) echo main,dev ;;
    poetry) echo poetry ;;
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

sets="dev prod poetry" check=
for argument in "$@"; do
    case $argument in
    dev | 1) sets=dev ;;
    prod | 2) sets=prod ;;
    poetry) sets=poetry ;;
    all | 3) sets="dev prod poetry" ;;
    --check) check=yes ;;
    --help | -h) show_help && exit ;;
    *) fail "Unknown argument: $argument. create_requirements.sh --help shows what there is: [dev|prod|poetry|all] [--check]" ;;
    esac
done

make_environment "$PROJECT_DIR/.poetry-venv" "$PROJECT_DIR/poetry-requirements.txt"
poetry=$PROJECT_DIR/.poetry-venv/bin/poetry
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
