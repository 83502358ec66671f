#!/usr/bin/env bash
# Counts files and lines by language: code, comments, blank lines. Of files that git tracks or would add; without git, of all.
#
# Usage: shell_scripts/count_lines_of_code.sh
# A line with code and a comment is code. Docstrings are comments, and so is the text of Markdown. Tests are counted separately.
# Generated files are left out: poetry.lock, requirements files, docs/openapi.yaml, pictures.
set -euo pipefail
# shellcheck source=shell_scripts/terminal.sh
source "$(dirname "${BASH_SOURCE[0]}")/terminal.sh"

case ${1:-} in
'') ;;
--help | -h) show_help && exit ;;
*) wrong_usage "Unknown argument: $1." ;;
esac
cd "$PROJECT_DIR"

# Prints language, then 1 for a line of code, 2 for a comment, 3 for a blank line, 0 for a file.
# shellcheck disable=SC2016 # awk's own variables
each_line='
    function language(path) {
        if (path ~ /(^|\/)docs\/openapi\.yaml$/) return ""
        if (path ~ /\.py$/) return path ~ /\/tests\/|\/testing\/|conftest\.py$/ ? "Python (tests)" : "Python"
        if (path ~ /\.sh$|(^|\/)\.ci\/run$/) return "Shell"
        if (path ~ /\.html$/) return "HTML"
        if (path ~ /\.css$/) return "CSS"
        if (path ~ /\.js$/) return "JavaScript"
        if (path ~ /\.sql$/) return "SQL"
        if (path ~ /\.ya?ml(\.example)?$/) return "YAML"
        if (path ~ /\.toml$/) return "TOML"
        if (path ~ /\.json$/) return "JSON"
        if (path ~ /\.conf(\.example)?$/) return "nginx"
        if (path ~ /\.(service|timer|target|socket)$/) return "systemd"
        if (path ~ /(^|\/)Dockerfile[^\/]*$/) return "Docker"
        if (path ~ /(^|\/)[^\/]*\.txt$/ && path ~ /templates\//) return "Mail text"
        if (path ~ /\.md$/) return "Markdown"
        return ""
    }
    # What closes the comment that the line opens and does not close itself; "" when it opens none.
    function opened(line) {
        if (name ~ /^Python/ && match(line, /^[rRbBuU]?("""|\047\047\047)/)) {
            mark = substr(line, RLENGTH - 2, 3)
            return index(substr(line, RLENGTH + 1), mark) ? "" : mark
        }
        if (name == "HTML" && line ~ /^<!--/) return line ~ /-->/ ? "" : "-->"
        if (name == "HTML" && line ~ /^\{% comment/) return line ~ /\{% endcomment/ ? "" : "{% endcomment"
        if ((name == "CSS" || name == "JavaScript") && line ~ /^\/\*/) return line ~ /\*\// ? "" : "*/"
        return ""
    }
    function is_comment(line) {
        if (name == "Markdown") return 1
        if (name ~ /^Python/) return line ~ /^(#|[rRbBuU]?("""|\047\047\047))/
        if (name == "HTML") return line ~ /^(<!--|\{#|\{% comment)/
        if (name == "CSS" || name == "JavaScript") return line ~ /^(\/\*|\/\/)/
        if (name == "SQL") return line ~ /^--/
        return name ~ /^(Shell|YAML|TOML|nginx|systemd|Docker)$/ && line ~ /^#/
    }
    # Whether the code of a Python line leaves a string of several lines open.
    function opens_string(line) { return name ~ /^Python/ && gsub(/"""/, "", line) % 2 }
    FNR == 1 { name = language(FILENAME); closing = ""; string = 0; if (name != "") print name "\t0" }
    name == "" { next }
    {
        line = $0
        gsub(/^[ \t\r]+|[ \t\r]+$/, "", line)
        if (line == "") { print name "\t3"; next }
        if (closing != "") {
            print name "\t2"
            if (index(line, closing)) closing = ""
            next
        }
        if (string) {
            print name "\t1"
            if (opens_string(line)) string = 0
            next
        }
        if (is_comment(line)) { print name "\t2"; closing = opened(line); next }
        print name "\t1"
        string = opens_string(line)
    }'

# Files that git tracks but that are gone would stop awk. ./ keeps a name with "=" from being taken for an assignment.
list_files | while IFS= read -r -d '' path; do
    [ ! -f "$path" ] || printf './%s\0' "${path#./}"
done | xargs -0 awk "$each_line" | LC_ALL=C awk -F '\t' '
    { count[$1, $2]++; total[$2]++; names[$1] = 1 }
    function row(name, files, code, comment, blank) {
        return sprintf("%-16s %7d %9d %9d %9d", name, files, code, comment, blank)
    }
    END {
        printf "%-16s %7s %9s %9s %9s\n", "language", "files", "code", "comment", "blank"
        fflush()
        for (name in names) print row(name, count[name, 0], count[name, 1], count[name, 2], count[name, 3]) | "sort"
        close("sort")
        print row("total", total[0], total[1], total[2], total[3])
    }'
