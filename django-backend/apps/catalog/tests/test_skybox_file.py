"""Files that are, or are not, SkyBox exports."""

import io
from decimal import Decimal
from typing import Any

import pytest

from apps.catalog.errors import SkyBoxFileRefused
from apps.catalog.services.skybox_file import skybox_export_open


def opened(content: bytes) -> tuple[list[Any], int | None]:
    export = skybox_export_open(file=io.BytesIO(content))
    return list(export.rows()), export.row_count


class TestSkyboxExportOpen:
    """`skybox_export_open`."""

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b'{"rows": [1, 2], "rowCount": 2, "totals": null}', ([1, 2], 2)),
            (b'{"totals": {"rows": [9]}, "rowCount": 3, "rows": [1, 2]}', ([1, 2], 3)),
            (b'{"rowCount": null, "rows": []}', ([], None)),
            (b'{"rowCount": true, "rows": []}', ([], None)),
            (b'{"rowCount": "2", "rows": []}', ([], None)),
            (b"[1, 2]", ([1, 2], None)),
            (b" \n[]", ([], None)),
            (b"\xef\xbb\xbf[1]", ([1], None)),
            (b'[{"rows": 5, "rowCount": 7}]', ([{"rows": 5, "rowCount": 7}], None)),
            ('["São Paulo"]'.encode(), (["São Paulo"], None)),
        ],
    )
    def test_reads_envelope_and_rows(self, content: bytes, expected: tuple[list[Any], int | None]) -> None:
        assert opened(content) == expected

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"not JSON",
            b"<html>",
            b'{"rows": [{"id": 1}, {"id": 2',
            b'{"rows": []} trailing',
            b'["\xff"]',
            b"[1e9999999999999999999]",
            b"\xff\xfe[\x00]\x00",
            b"\x1f\x8b\x08",
        ],
    )
    def test_refuses_what_is_not_complete_json(self, content: bytes) -> None:
        with pytest.raises(SkyBoxFileRefused, match="not complete, valid JSON") as refusal:
            opened(content)
        assert "\n" not in str(refusal.value)

    @pytest.mark.parametrize(
        "content", [b"5", b'"rows"', b"null", b"{}", b'{"events": []}', b'{"rows": {}}', b'{"rows": {"item": {}}}']
    )
    def test_refuses_what_is_not_an_export(self, content: bytes) -> None:
        with pytest.raises(SkyBoxFileRefused, match="not a SkyBox export"):
            opened(content)

    @pytest.mark.parametrize("padding", [0, 1 << 20, (1 << 20) - 2500])
    def test_refuses_a_number_that_would_crash_the_parser(self, padding: int) -> None:
        """Also when the number lies across two blocks of the look through the file."""
        with pytest.raises(SkyBoxFileRefused, match="hundreds of digits"):
            opened(b"[" + b" " * padding + b"1" * 5000 + b"]")

    def test_reads_numbers_of_any_sensible_size(self) -> None:
        assert opened(b"[18446744073709551616, 1e300]")[0] == [2**64, Decimal("1e300")]

    def test_refuses_absurd_nesting_before_it_eats_the_memory(self) -> None:
        with pytest.raises(SkyBoxFileRefused, match="levels deep"):
            opened(b"[" * 1_000_000 + b"]" * 1_000_000)
