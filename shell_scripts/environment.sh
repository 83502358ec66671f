#!/usr/bin/env bash
# Sourced by the other scripts: a virtual environment with the packages of dev-requirements.txt, made or refreshed as needed.
# VENV_DIR moves it (default: .venv in the project); PYTHON names the interpreter that makes it (default: python3).

unset CDPATH # with it `cd` may print, and go somewhere else
PROJECT_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
VENV_DIR=${VENV_DIR:-$PROJECT_DIR/.venv}

SCRIPT=$(cd "$(dirname "$0")" && pwd)/$(basename "$0")

# The comment at the head of the script that was started is its help.
show_help() { awk 'NR > 1 { if (!/^#/) exit; sub(/^# ?/, ""); if (!/^shellcheck/) print }' "$SCRIPT"; }

say() { printf '==> %s\n' "$*"; }
fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

ensure_environment() {
    local python=${PYTHON:-python3} requirements=$PROJECT_DIR/dev-requirements.txt stamp=$VENV_DIR/.requirements
    command -v "$python" >/dev/null || fail "$python was not found. Install Python 3.11 or later, or name one: PYTHON=/path/to/python3 $0"
    if [ ! -x "$VENV_DIR/bin/python" ]; then
        "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' ||
            fail "$python is $("$python" -V 2>&1), but Python 3.11 to 3.14 is needed. Name another: PYTHON=/path/to/python3 $0"
        say "Making the virtual environment $VENV_DIR"
        "$python" -m venv "$VENV_DIR" || fail "The virtual environment could not be made. On Debian: apt install python3-venv"
    fi
    if ! cmp -s "$requirements" "$stamp"; then
        say "Installing the packages of dev-requirements.txt (about a minute the first time)"
        "$VENV_DIR/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$requirements" ||
            fail "The packages could not be installed; the lines above say why."
        cp "$requirements" "$stamp"
    fi
    PATH=$VENV_DIR/bin:$PATH
    export PATH
}
