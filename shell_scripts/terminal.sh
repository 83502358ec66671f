#!/usr/bin/env bash
# Sourced by the scripts that deploy, save and count: help, options, questions, dry runs.
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
dry_run=

wrong_usage() { fail "$1 $(basename "$SCRIPT") --help shows what there is."; }

# The value behind an option: app=$(value_of "$@")
value_of() {
    case ${2:-} in
    '' | --*) fail "$1 needs a value." ;;
    *) printf '%s' "$2" ;;
    esac
}

need() { command -v "$1" >/dev/null || fail "$1 was not found. $2"; }

on_terminal() { [ -t 0 ] && [ -t 1 ]; }

ask() { # question; the answer goes into $answer
    read -r -p "$1 " answer || fail "No answer, nothing was done."
}

confirm() { # question
    ask "$1 [yes/no]"
    [ "$answer" = yes ]
}

# Prints a command and runs it, or only prints it. Never for a command with a secret in it.
run() {
    printf '+ %s\n' "$*"
    [ -n "$dry_run" ] || "$@"
}

# Says at the end of a dry run that nothing was done. Fails after a real one: end_dry_run || say "Deployed."
end_dry_run() { [ -n "$dry_run" ] && say "Dry run: nothing was done."; }

# Files that git tracks or would add, or all without git; each name ends with a zero byte.
list_files() {
    if [ -e .git ] && command -v git >/dev/null; then
        git -c safe.directory="$PROJECT_DIR" ls-files -z --cached --others --exclude-standard
    else
        find . \( -name .git -o -name '.venv' -o -name .poetry-venv -o -name __pycache__ -o -name '.*_cache' -o -name .hypothesis \
            -o -name htmlcov -o -name .local -o -name staticfiles -o -name media -o -name node_modules \) -prune \
            -o -type f ! -name '.env' ! -name '.coverage*' -print0
    fi
}

check_app_name() {
    [[ $1 =~ ^[a-z][a-z0-9-]{1,28}[a-z0-9]$ ]] ||
        fail "'$1' is not the name of a Heroku app: 3 to 30 lower-case letters, digits and dashes."
}

# Sets $app from --app or HEROKU_APP, or asks for it on a terminal.
choose_app() {
    app=${app:-${HEROKU_APP:-}}
    if [ -z "$app" ] && on_terminal; then
        ask "Name of the Heroku app:"
        app=$answer
    fi
    [ -n "$app" ] || wrong_usage "Name the Heroku app: --app NAME, or HEROKU_APP."
    check_app_name "$app"
}
