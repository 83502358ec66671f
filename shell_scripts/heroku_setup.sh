#!/usr/bin/env bash
# Makes a Heroku app with everything the product needs: PostgreSQL with a backup every night, Redis, Mailgun, variables.
# What exists already is left alone, so it can be run again after a failure. The values of variables are never printed.
#
# Usage: shell_scripts/heroku_setup.sh --app NAME [--hosts HOST,HOST] [--postgres-plan PLAN] [--redis-plan PLAN] [--dry-run]
#   --hosts   host names of the product; production does not start without DJANGO_ALLOWED_HOSTS
#   --dry-run prints the commands only
# Of these variables of your shell, those that are set go to the app: DJANGO_MAILGUN_SERVER_NAME, DJANGO_MAILGUN_API_KEY.
# Add-ons cost money: the plans are heroku-postgresql:essential-0 and heroku-redis:mini unless you name others.
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

app='' hosts='' postgres_plan=essential-0 redis_plan=mini
while [ $# -gt 0 ]; do
    case $1 in
    --app | -a) app=$(value_of "$@"); shift 2 ;;
    --hosts) hosts=$(value_of "$@"); shift 2 ;;
    --postgres-plan) postgres_plan=$(value_of "$@"); shift 2 ;;
    --redis-plan) redis_plan=$(value_of "$@"); shift 2 ;;
    --dry-run) dry_run=yes && shift ;;
    --help | -h) show_help && exit ;;
    *) wrong_usage "Unknown argument: $1." ;;
    esac
done
choose_app
if [ -z "$dry_run" ]; then
    need heroku "Install the Heroku CLI and log in: heroku login"
    need openssl "It makes the secret key."
fi

step() { run heroku "$@" --app "$app" || fail "heroku $1 failed; the lines above say why. Run this again when it is fixed."; }

exists() { # name of a variable of the app
    local value
    [ -z "$dry_run" ] || return 1
    value=$(heroku config:get "$1" --app "$app") || fail "heroku config:get failed; the lines above say why."
    [ -n "$value" ]
}

add() { # the variable that the add-on sets, the add-on
    if exists "$1"; then
        say "$1 is set already: no add-on $2"
    else
        step addons:create "$2" --wait
    fi
}

# Not by `run`, and without heroku's own output: both would show the value.
config_set() { # name, value
    printf '+ heroku config:set %s=… --app %s\n' "$1" "$app"
    [ -n "$dry_run" ] || heroku config:set "$1=$2" --app "$app" >/dev/null || fail "$1 could not be set."
}

if [ -n "$dry_run" ] || ! heroku apps:info --app "$app" >/dev/null 2>&1; then
    run heroku create "$app" --buildpack heroku/python || fail "The app could not be made; the lines above say why."
fi
add DATABASE_URL "heroku-postgresql:$postgres_plan"
step pg:backups:schedule DATABASE_URL --at '02:00 America/Los_Angeles'
# A database that Heroku attached as DATABASE_URL by itself counts as promoted, and heroku calls that an error.
run heroku pg:promote DATABASE_URL --app "$app" || say "The lines above are fine when they say 'already promoted'."
add REDIS_URL "heroku-redis:$redis_plan"
add MAILGUN_API_KEY mailgun

if exists DJANGO_SECRET_KEY; then
    say "DJANGO_SECRET_KEY is set already: a new one would log everybody out"
elif [ -n "$dry_run" ]; then
    config_set DJANGO_SECRET_KEY ''
else
    secret=$(openssl rand -base64 48 | tr -d '\n') || fail "openssl could not make the secret key."
    config_set DJANGO_SECRET_KEY "$secret"
fi
config_set DJANGO_SETTINGS_MODULE config.settings.production
missing=''
for name in DJANGO_MAILGUN_SERVER_NAME DJANGO_MAILGUN_API_KEY; do
    if [ -n "${!name:-}" ]; then
        config_set "$name" "${!name}"
    else
        missing="$missing $name"
    fi
done
config_set PYTHONHASHSEED random
[ -z "$hosts" ] || config_set DJANGO_ALLOWED_HOSTS "$hosts"

[ -z "$missing" ] || say "Not set in your shell, so not sent:$missing"
[ -n "$hosts" ] || say "Production does not start without its host: heroku config:set DJANGO_ALLOWED_HOSTS=<host> --app $app"
end_dry_run && exit
say "Next: git push heroku main (the release phase migrates); heroku run -a $app python django-backend/manage.py check --deploy;"
say "heroku run -a $app python django-backend/manage.py createsuperuser; heroku ps:scale web=1 worker=1 beat=1 -a $app; heroku open -a $app"
