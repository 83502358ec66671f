"""CSV files for download: safe to open in a spreadsheet, and with accents that Excel can read."""

import csv
import io
from collections.abc import Iterable
from itertools import chain
from typing import Final

from django.http import StreamingHttpResponse

from apps.common.csv_safety import safe_cell

# Without it, Excel reads UTF-8 as the code page of the computer: é becomes Ã©.
BYTE_ORDER_MARK: Final = "\ufeff"


def csv_download(lines: Iterable[str], *, name: str) -> StreamingHttpResponse:
    """Return lines of CSV as a file to be saved under `name`, in UTF-8 with a byte order mark."""
    return StreamingHttpResponse(
        chain([BYTE_ORDER_MARK], lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def csv_line(texts: Iterable[str], numbers: Iterable[str] = ()) -> str:
    """Return cells as a line of CSV (RFC 4180): texts that no spreadsheet runs, then numbers that it can sum."""
    line = io.StringIO()
    csv.writer(line).writerow([*map(safe_cell, texts), *numbers])
    return line.getvalue()
