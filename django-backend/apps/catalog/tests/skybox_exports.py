"""SkyBox exports for tests, made up of rows that are good unless a test says otherwise."""

import io
import json
from typing import Any

VENUE = {
    "id": 910069,
    "name": "Lincoln Financial Field",
    "city": "Philadelphia",
    "state": "PA",
    "country": "US",
    "timeZone": "America/New_York",
}


def skybox_venue(**changes: Any) -> dict[str, Any]:
    """Return a venue as a row of an export holds it."""
    return {**VENUE, **changes}


def skybox_row(**changes: Any) -> dict[str, Any]:
    """Return a row of an export: a game in Philadelphia on 4 September 2025 at 20:20 local time."""
    return {
        "id": 9000001,
        "name": "Dallas Cowboys at Philadelphia Eagles",
        "date": "2025-09-04T20:20:00",
        "venue": skybox_venue(),
        "stubhubEventUrl": "https://www.stubhub.com/event/159000001/",
        "disabled": False,
        **changes,
    }


def skybox_export(*rows: Any, **envelope: Any) -> io.BytesIO:
    """Return a file of rows with the envelope of SkyBox."""
    return io.BytesIO(json.dumps({"rows": rows, "rowCount": len(rows), "totals": None, **envelope}).encode())
