"""Cells of CSV files never run as formulas."""

import pytest

from apps.common.csv_safety import original_cell, safe_cell


class TestSafeCell:
    """`safe_cell`."""

    @pytest.mark.parametrize(
        "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠SUM(A1)"]
    )
    def test_disarms_what_a_spreadsheet_would_run(self, text: str) -> None:
        assert safe_cell(text) == f"'{text}"

    @pytest.mark.parametrize("text", ["", "Dallas Cowboys at Philadelphia Eagles", "1-1", " =1", "'=1"])
    def test_leaves_other_text_alone(self, text: str) -> None:
        assert safe_cell(text) == text


class TestOriginalCell:
    """`original_cell`."""

    @pytest.mark.parametrize("text", ["=1+1", "-1", "@SUM(A1)", "＝1", "\n=1", "", "plain", "'quoted'", "'"])
    def test_undoes_what_was_made_safe(self, text: str) -> None:
        assert original_cell(safe_cell(text)) == text
