"""Where the source code of this copy can be read, as far as the copy knows."""

import re
from configparser import ConfigParser, Error
from pathlib import Path
from typing import Final

# https://host/owner/name.git, with or without a user; ssh://git@host/owner/name; git@host:owner/name.git
_REMOTE: Final = re.compile(
    r"(?:https?://(?:[^@/]+@)?|ssh://[^@/]+@|[^@/:]+@(?!.*://))(?P<host>[\w.-]+)(?::\d+/|[:/])(?P<path>[\w./~-]+?)"
    r"(?:\.git)?/?"
)


def source_address(folder: Path) -> str | None:
    """Return the web address of the repository that `folder` was cloned from, None when it has no such address."""
    config = ConfigParser(strict=False, interpolation=None, allow_no_value=True)
    try:
        config.read(folder / ".git" / "config", encoding="utf-8")
        remote = config.get('remote "origin"', "url", fallback="") or ""
    except (Error, OSError, UnicodeDecodeError):
        return None
    found = _REMOTE.fullmatch(remote.strip())
    return f"https://{found['host']}/{found['path']}" if found else None
