#!/usr/bin/env bash
# Prints the tree of the project: files that git tracks or would add, or all without git, minus environments and caches.
#
# Usage: shell_scripts/make_project_structure_tree.sh [--depth N] [FOLDER]
#   --depth N   how deep; deeper folders end with /…
#   FOLDER      only what is below it, from the project's root: django-backend/apps
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

depth=0 folder=''
while [ $# -gt 0 ]; do
    case $1 in
    --depth) depth=$(value_of "$@"); shift 2 ;;
    --help | -h) show_help && exit ;;
    -*) wrong_usage "Unknown argument: $1." ;;
    *) folder=${1%/} && shift ;;
    esac
done
[[ $depth =~ ^[0-9]{1,3}$ ]] || fail "--depth needs a whole number, not '$depth'."
cd "$PROJECT_DIR"
if [ -n "$folder" ] && [ ! -d "$folder" ]; then
    fail "There is no folder '$folder' in the project."
fi

list_files | tr '\0' '\n' | sed 's|^\./||' | LC_ALL=C sort | ROOT=$(basename "$PROJECT_DIR") FOLDER=$folder awk -v depth="$depth" '
    function show(folder, level, indent,    i, n, names, path, more) {
        n = split(children[folder], names, "\n")
        for (i = 1; i <= n; i++) {
            path = folder == "" ? names[i] : folder "/" names[i]
            more = (path in children) ? (depth && level == depth ? "/…" : "/") : ""
            print indent (i == n ? "└── " : "├── ") names[i] more
            if (more == "/") show(path, level + 1, indent (i == n ? "    " : "│   "))
        }
    }
    {
        if (ENVIRON["FOLDER"] != "") {
            if (index($0, ENVIRON["FOLDER"] "/") != 1) next
            $0 = substr($0, length(ENVIRON["FOLDER"]) + 2)
        }
        n = split($0, parts, "/")
        folder = ""
        for (i = 1; i <= n; i++) {
            path = folder == "" ? parts[i] : folder "/" parts[i]
            if (!(path in seen)) {
                seen[path] = 1
                if (folder in children) children[folder] = children[folder] "\n" parts[i]
                else children[folder] = parts[i]
            }
            folder = path
        }
    }
    END {
        print (ENVIRON["FOLDER"] == "" ? ENVIRON["ROOT"] : ENVIRON["FOLDER"]) "/"
        show("", 1, "")
    }'
