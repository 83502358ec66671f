"""The row report of an upload in groups, for the page that shows what an import will do or has done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from apps.catalog.enums import EventImportStatus
from apps.catalog.models import EventImport
from apps.catalog.selectors import event_keys
from apps.catalog.services.feed_memory import KEPT_CODE
from apps.catalog.services.skybox_result import Outcome, report_lines
from apps.common.csv_safety import original_cell

# Titles, and the heading of the reason column, in the order of the page: what needs attention comes first.
GROUPS: Final = {
    "doubtful": ("Doubtful", "Why"),
    "missing": ("No longer in the feed", "Why"),
    "kept": ("Kept by staff", "What staff keep"),
    "updated": ("Changed", "Before → after"),
    "skipped_in_use": ("Skipped, with listings or sales", "Why"),
    "rejected": ("Rejected", "Why"),
    "created": ("New", "Note"),
    "noted": ("Unchanged, with a note", "Note"),
    "skipped": ("Skipped", ""),
    "unchanged": ("Unchanged", ""),
}
NO_TEAMS: Final = "to be decided at to be decided"
ONLY_COUNTED: Final = frozenset({"skipped", "unchanged"})


@dataclass
class RowGroup:
    """Rows of one kind: the first ones, their number, and what depends on the events of all of them.

    `asked` are those for which the page asks who is at home; they are not among `rows`.
    """

    key: str
    title: str
    reason: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    total: int = 0
    asked: int = 0
    open_listings: int = 0
    sales: int = 0

    @property
    def templates(self) -> tuple[str, str]:
        """The template of the group, if there is one, else the common one."""
        return f"admin/catalog/event/_{self.key}.html", "admin/catalog/event/_rows.html"

    @property
    def is_only_counted(self) -> bool:
        """Whether none of its rows is shown."""
        return self.key in ONLY_COUNTED

    @property
    def more(self) -> int:
        """How many rows only the report has."""
        return self.total - self.asked - len(self.rows)


def report_groups(*, event_import: EventImport, limit: int) -> list[RowGroup]:
    """Return the groups of the rows of an upload, each with `limit` rows at most; one query.

    A row is its line of the report, with `changes` as a list of lines, `teams` unless its name says the same, and the
    `key` of its event if there is one.
    """
    groups = {key: RowGroup(key, *words) for key, words in GROUPS.items()}
    asked: set[str] = set()
    if event_import.status == EventImportStatus.PREVIEWED:
        asked = {str(row) for question in event_import.questions for row in question["rows"]}
    for line in report_lines(event_import.report):
        group = groups[_group_of(line)]
        group.total += 1
        group.open_listings += int(line.get("open_listings") or 0)
        group.sales += int(line.get("sales") or 0)
        if line["row"] in asked:
            group.asked += 1
        elif len(group.rows) < limit and not group.is_only_counted:
            group.rows.append({name: original_cell(text) for name, text in line.items()})
    _link([row for group in groups.values() for row in group.rows])
    return list(groups.values())


def _group_of(line: Mapping[str, str]) -> str:
    outcome, code = line["outcome"], line["code"]
    if code == KEPT_CODE:
        return "kept"
    if outcome == Outcome.SKIPPED and (int(line.get("open_listings") or 0) or int(line.get("sales") or 0)):
        return "skipped_in_use"
    return "noted" if outcome == Outcome.UNCHANGED and code else outcome


def _link(rows: list[dict[str, Any]]) -> None:
    keys = event_keys({int(row["skybox_event_id"]) for row in rows if row["skybox_event_id"]})
    for row in rows:
        row["key"] = keys.get(int(row["skybox_event_id"] or 0))
        row["changes"] = row["changes"].splitlines()
        teams = " at ".join(row.get(side) or "to be decided" for side in ("away_team", "home_team"))
        row["teams"] = "" if teams.casefold() in row["name"].casefold() or teams == NO_TEAMS else teams
