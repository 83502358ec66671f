#!/usr/bin/env bash
# Static checks, one line of result each. Those that fail show their output, and then the exit code is 1.
# Usage: shell_scripts/lint.sh [--fix] [check…]     (default: every check; --fix first repairs what a program can repair)
set -uo pipefail
# shellcheck source=shell_scripts/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
case ${1:-} in --help | -h) show_help && exit ;; esac
ensure_environment
cd "$PROJECT_DIR" || exit 1
export PYTHONPATH=$PROJECT_DIR/django-backend

checks=(lint format types layers migrations migrations-safe deploy openapi settings-docs shell docker compose workflows hooks)

run_check() {
    case $1 in
    lint) ruff check . ;;
    format) ruff format --check . ;;
    types) mypy django-backend/apps django-backend/config django-backend/devtools django-backend/benchmarks django-backend/sandbox ;;
    layers) (cd django-backend && lint-imports --config ../pyproject.toml) ;;
    migrations) check_migrations ;;
    migrations-safe) check_migrations_safe ;;
    deploy) check_deploy ;;
    openapi) check_openapi ;;
    settings-docs) python -m devtools.environment_docs ;;
    shell) shellcheck -x shell_scripts/*.sh .ci/run ;;
    docker) hadolint Dockerfile Dockerfile-dev Dockerfile-prod ;;
    compose) check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml deploy/*compose*.yml ;;
    workflows) check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml ;;
    hooks) pre-commit validate-config ;;
    *)
        echo "There is no such check. There are: ${checks[*]}"
        return 1
        ;;
    esac
}

check_migrations() {
    DJANGO_SETTINGS_MODULE=config.settings.test python -m devtools.embedded \
        python django-backend/manage.py makemigrations --check --dry-run
}

# Safe for the previous release: it still runs while this one migrates.
check_migrations_safe() {
    DJANGO_SETTINGS_MODULE=config.settings.test python -m devtools.embedded python -m devtools.migrations_safe
}

check_deploy() {
    local key
    key=$(python -c 'import secrets; print(secrets.token_urlsafe(64))')
    # Addresses of the right form are enough: `check` opens no connection.
    env --unset=DJANGO_DATABASES --unset=DJANGO_CACHES --unset=DJANGO_DEBUG \
        DJANGO_SETTINGS_MODULE=config.settings.production DJANGO_SECRET_KEY="$key" DJANGO_ALLOWED_HOSTS=tickets.example.com \
        DATABASE_URL=postgres://localhost/none REDIS_URL=redis://localhost/0 EMAIL_URL=consolemail:// \
        python django-backend/manage.py check --deploy --fail-level WARNING
}

# The test settings have no values of a developer's own, so every machine writes the same file.
write_openapi() {
    DJANGO_SETTINGS_MODULE=config.settings.test \
        python django-backend/manage.py spectacular --validate --fail-on-warn --file "$1"
}

check_openapi() {
    write_openapi "$scratch/openapi.yaml" || return 1
    if ! diff -u docs/openapi.yaml "$scratch/openapi.yaml"; then
        echo "docs/openapi.yaml is stale. Refresh it: shell_scripts/lint.sh --fix openapi"
        return 1
    fi
}

repair() {
    ruff check --fix --quiet . || true # what it could not repair is reported by the check
    ruff format --quiet .
    write_openapi docs/openapi.yaml && python -m devtools.environment_docs --write
}

if [ "${1:-}" = --fix ]; then
    shift
    repair || fail "docs/openapi.yaml or docs/settings.md could not be written; the lines above say why."
fi
[ $# -gt 0 ] || set -- "${checks[@]}"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
run_checks() {
    local check status=0
    for check in "$@"; do
        if run_check "$check" >"$scratch/$check" 2>&1; then
            printf 'ok      %s\n' "$check"
        else
            status=1
            printf 'FAILED  %s\n%s\n' "$check" "$(cat "$scratch/$check")"
        fi
    done
    return "$status"
}
# mypy takes as long as all others together, which run at the same time.
status=0 types='' others=()
for check in "$@"; do
    if [ "$check" = types ]; then
        run_checks types &
        types=$!
    else
        others+=("$check")
    fi
done
[ ${#others[@]} -eq 0 ] || run_checks "${others[@]}" || status=1
[ -z "$types" ] || wait "$types" || status=1
exit "$status"
