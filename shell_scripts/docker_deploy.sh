#!/usr/bin/env bash
# Builds the images of the root Dockerfile (web, worker, beat, and `release`, which migrates), pushes them to Heroku's container
# registry and releases them together: Heroku runs `release` first, and replaces no process if it fails.
# Stops at the first failure: what could not be built is not pushed, what could not be pushed is not released.
#
# Usage: shell_scripts/docker_deploy.sh --app NAME [--tag TAG] [--dry-run]
#   --app NAME   the Heroku app (default: HEROKU_APP; on a terminal it is asked for)
#   --tag TAG    names the image of web season-tickets-tech-backend:TAG too, on this machine
#   --dry-run    prints the commands only
# Before, once: heroku container:login; heroku stack:set container -a NAME
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

app='' tag=''
while [ $# -gt 0 ]; do
    case $1 in
    --app | -a) app=$(value_of "$@"); shift 2 ;;
    --tag) tag=$(value_of "$@"); shift 2 ;;
    --dry-run) dry_run=yes && shift ;;
    --help | -h) show_help && exit ;;
    *) wrong_usage "Unknown argument: $1." ;;
    esac
done

choose_app
if [ -n "$tag" ] && ! [[ $tag =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$ ]]; then
    fail "'$tag' is not an image tag: use letters, digits, dots, dashes and underscores."
fi
if [ -z "$dry_run" ]; then
    need docker "Install Docker and start its daemon."
    need heroku "Install the Heroku CLI and log in: heroku container:login"
fi
cd "$PROJECT_DIR"

registry=registry.heroku.com/$app
processes=(release web worker beat)
# Heroku runs amd64, and its registry refuses images with the attestations that newer builders add.
export DOCKER_DEFAULT_PLATFORM=${DOCKER_DEFAULT_PLATFORM:-linux/amd64} BUILDX_NO_DEFAULT_ATTESTATIONS=1
for process in "${processes[@]}"; do
    names=(-t "$registry/$process")
    [ -z "$tag" ] || [ "$process" != web ] || names+=(-t "season-tickets-tech-backend:$tag")
    run docker build --target "$process" "${names[@]}" . ||
        fail "The image of $process could not be built: nothing was pushed, nothing was released."
done
for process in "${processes[@]}"; do
    run docker push "$registry/$process" ||
        fail "The image of $process could not be pushed: nothing was released. Are you logged in? heroku container:login"
done
run heroku container:release -a "$app" "${processes[@]}" ||
    fail "The images were pushed but not released: the app runs what it ran before. Why: heroku releases:output -a $app"
end_dry_run || say "Released to $app, migrations first. What runs: heroku releases -a $app; heroku ps -a $app"
