#!/usr/bin/env bash
# Brings a VPS up to date with its branch: pull, packages, migrations, static files, then the units and nginx. It stops at the
# first failure; until the restarts the previous release keeps running. It pushes nothing.
#
# Usage: shell_scripts/vps_deploy.sh [--env-file FILE] [--unit-prefix PREFIX] [--dry-run]
#   --env-file FILE       variables of production, NAME=value lines (default: /etc/season-tickets/production.env)
#   --unit-prefix PREFIX  units are PREFIX-web, PREFIX-worker, PREFIX-beat (default: season-tickets)
#   --dry-run             prints the commands only
# VENV_DIR moves the virtual environment (default: .venv in the project). Not as root: units are restarted with sudo.
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

env_file=/etc/season-tickets/production.env prefix=season-tickets
as_root=sudo back=

# The part of systemd's EnvironmentFile format that is used: no substitution, quotes around a value are removed.
load_variables() {
    local line value number=0
    [ -r "$env_file" ] || fail "$env_file cannot be read: it holds the variables of production (--env-file names another)."
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        case $line in '' | '#'* | ';'*) continue ;; esac
        [[ $line =~ ^[A-Za-z_][A-Za-z0-9_]*= ]] || fail "Line $number of $env_file is not NAME=value."
        value=${line#*=}
        case $value in \"*\" | \'*\') value=${value:1:${#value}-2} ;; esac
        export "${line%%=*}=$value"
    done <"$env_file"
}

step() { # what it is, command
    local what=$1
    shift
    run "$@" || fail "$what failed; the lines above say why. Nothing after it was done.$back"
}

manage() { step "manage.py $1" "$VENV_DIR/bin/python" manage.py "$@"; }

system() { # what it is, command of root
    local what=$1
    shift
    if [ -n "$as_root" ]; then
        step "$what" "$as_root" "$@"
    else
        step "$what" "$@"
    fi
}

# One function, read whole before it runs: the pull replaces this file.
main() {
    local unit before=
    while [ $# -gt 0 ]; do
        case $1 in
        --env-file) env_file=$(value_of "$@"); shift 2 ;;
        --unit-prefix) prefix=$(value_of "$@"); shift 2 ;;
        --dry-run) dry_run=yes && shift ;;
        --help | -h) show_help && exit ;;
        *) wrong_usage "Unknown argument: $1." ;;
        esac
    done
    [ "$(id -u)" != 0 ] || as_root=
    if [ -z "$dry_run" ]; then
        [ -x "$VENV_DIR/bin/python" ] || fail "$VENV_DIR has no Python. Make it once: python3 -m venv '$VENV_DIR'"
        load_variables
        exec 9<"$PROJECT_DIR" # not this file: the pull may put another one in its place, with a lock of its own
        if command -v flock >/dev/null; then
            flock --nonblock 9 || fail "Another deployment is running on this machine."
        fi
    fi
    export DJANGO_SETTINGS_MODULE=config.settings.production
    cd "$PROJECT_DIR"
    [ -n "$dry_run" ] || before=$(git rev-parse HEAD) || fail "$PROJECT_DIR is not a git checkout."
    step "git pull" git pull --ff-only
    # gunicorn replaces its worker processes from time to time, and a new one reads the files that are here.
    back=" The files are those of the new release, and a process that starts again reads them. Back to those before:"
    back="$back git -C '$PROJECT_DIR' reset --keep $before"
    step "pip install" "$VENV_DIR/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes \
        --only-binary=:all: -r prod-requirements.txt
    step "pip check" "$VENV_DIR/bin/python" -m pip --disable-pip-version-check check
    cd django-backend
    manage check --deploy
    manage migrate --noinput
    manage load_reference_data
    manage setup_staff_group
    manage collectstatic --noinput
    back=
    for unit in web worker beat; do
        system "The restart of $prefix-$unit" systemctl restart "$prefix-$unit.service"
    done
    for unit in web worker beat; do
        system "$prefix-$unit does not run (journalctl -u $prefix-$unit); its restart" systemctl is-active --quiet "$prefix-$unit.service"
    done
    system "The check of nginx's configuration" nginx -t
    system "The reload of nginx" systemctl reload nginx.service
    end_dry_run || say "Deployed."
    exit
}
main "$@"
