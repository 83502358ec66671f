#!/usr/bin/env bash
# Backups of a Heroku app's database. On a terminal, without a command, it shows a menu.
#
# Usage: shell_scripts/heroku_backup.sh [COMMAND] [BACKUP] --app NAME [--output FILE] [--yes] [--dry-run]
#    1 list                 every backup
#    2 info [BACKUP]        one backup, the latest by default
#    3 download [BACKUP]    into a file: --output FILE, or latest.dump
#    4 url [BACKUP]         an address to download it from; anybody with the address can read the data
#    5 capture              makes a backup now
#    6 cancel [BACKUP]      stops one that is being made
#    7 schedule             one every day at 07:00 Asia/Manila
#    8 unschedule           stops the daily ones
#    9 schedules            what is planned
#   10 restore [BACKUP]     replaces the data by a backup
#   11 delete BACKUP        deletes a backup
# restore and delete ask first; without a terminal they need --yes. --app defaults to HEROKU_APP.
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

app='' command='' backup='' output='' yes=''
names=(list info download url capture cancel schedule unschedule schedules restore delete)

choose_command() {
    on_terminal || wrong_usage "Name a command."
    show_help | awk '/^ +[0-9]+ /'
    ask "Number or name:"
    command=$answer
}

# Numbers of the menu become names.
name_command() {
    if [[ $command =~ ^[0-9]{1,2}$ ]] && [ "$command" -ge 1 ] && [ "$command" -le "${#names[@]}" ]; then
        command=${names[$((command - 1))]}
    fi
    case " ${names[*]} " in
    *" $command "*) ;;
    *) wrong_usage "There is no command '$command'." ;;
    esac
}

check_backup() {
    case $command in
    info | download | url | cancel | restore | delete) ;;
    *) [ -z "$backup" ] || wrong_usage "'$command' takes no backup." ;;
    esac
    [[ $backup =~ ^([a-z][0-9]+)?$ ]] || fail "'$backup' is not the name of a backup; they look like b101, and 'list' shows them."
    [ "$command" != delete ] || [ -n "$backup" ] || wrong_usage "Name the backup to delete."
    [ -z "$output" ] || [ "$command" = download ] || wrong_usage "--output belongs to download."
}

permitted() { # question
    [ -z "$yes$dry_run" ] || return 0
    on_terminal || fail "Nobody can be asked here: say --yes to $command. Nothing was done."
    confirm "$1" || fail "Nothing was done."
}

backups() { # command of pg:backups and its arguments
    local call=$1
    shift
    run heroku "pg:backups$call" "$@" --app "$app" || fail "heroku pg:backups$call failed; the lines above say why."
}

interactive=''
while [ $# -gt 0 ]; do
    case $1 in
    --app | -a) app=$(value_of "$@"); shift 2 ;;
    --output | -o) output=$(value_of "$@"); shift 2 ;;
    --yes) yes=yes && shift ;;
    --dry-run) dry_run=yes && shift ;;
    --help | -h) show_help && exit ;;
    -*) wrong_usage "Unknown argument: $1." ;;
    *)
        if [ -z "$command" ]; then
            command=$1
        elif [ -z "$backup" ]; then
            backup=$1
        else
            wrong_usage "One backup at a time."
        fi
        shift
        ;;
    esac
done

[ -n "$command" ] || { choose_command && interactive=yes; }
name_command
choose_app
if [ -n "$interactive" ]; then
    case $command in
    info | download | url | cancel | restore | delete)
        ask "Which backup (such as b101; empty means the latest):"
        backup=$answer
        ;;
    esac
fi
check_backup
[ -n "$dry_run" ] || need heroku "Install the Heroku CLI and log in: heroku login"

case $command in
list) backups "" ;;
info | url | cancel) backups ":$command" ${backup:+"$backup"} ;;
download)
    umask 077 # names, addresses and hashes of passwords are in it
    backups :download ${backup:+"$backup"} ${output:+--output "$output"}
    ;;
capture) backups :capture DATABASE_URL ;;
schedule) backups :schedule DATABASE_URL --at '07:00 Asia/Manila' ;;
unschedule) backups :unschedule DATABASE_URL ;;
schedules) backups :schedules ;;
restore)
    permitted "Replace all data of $app by ${backup:-the latest backup}?"
    backups :restore ${backup:+"$backup" DATABASE_URL} --confirm "$app"
    ;;
delete)
    permitted "Delete backup $backup of $app for good?"
    backups :delete "$backup" --confirm "$app"
    ;;
esac
end_dry_run || true
