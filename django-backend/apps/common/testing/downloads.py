"""What people get who download a file."""

from django.http.response import HttpResponseBase

from apps.common.csv_downloads import BYTE_ORDER_MARK


def downloaded(answer: HttpResponseBase) -> str:
    """Return the text of a CSV, which must be one that Excel opens with its accents."""
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/csv"), answer["Content-Type"]
    assert 'attachment; filename="' in answer["Content-Disposition"]
    text = b"".join(answer).decode()  # type: ignore[call-overload]  # each kind of answer is iterable
    assert text[0] == BYTE_ORDER_MARK
    assert BYTE_ORDER_MARK not in text[1:]
    return text[1:]
