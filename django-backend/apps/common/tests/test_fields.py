"""The API's form of money and of rates."""

import pytest
from rest_framework import serializers

from apps.common.fields import MoneyField, RateField


class Priced(serializers.Serializer):
    price = MoneyField()


class TestMoneyField:
    @pytest.mark.parametrize(
        ("text", "cents"),
        [
            ("0.01", 1),
            ("100", 10_000),
            ("80.5", 8_050),
            (3, 300),
            (80.5, 8_050),
            (1e2, 10_000),
            (" 5 ", 500),
            ("007", 700),
            ("1000000.00", 100_000_000),
        ],
    )
    def test_reads_dollars_as_cents(self, text: object, cents: int) -> None:
        data = Priced(data={"price": text})
        assert data.is_valid(), data.errors
        assert data.validated_data["price"] == cents

    @pytest.mark.parametrize(
        "text",
        [
            *("0", "0.00", "-1", "0.001", "1000000.01", "abc", "", None, "NaN", "Infinity", True, [], {}, "1e400"),
            *("1e3", "1_0.50", "１００", "١٠", "1,50", "1.000,00", "-0", "+5", ".5", "5.", "0x10", "9" * 999),
            *(float("inf"), float("nan"), 10**400, 1e-9),
        ],
    )
    def test_refuses_anything_else_naming_the_field(self, text: object) -> None:
        data = Priced(data={"price": text})
        assert not data.is_valid()
        assert set(data.errors) == {"price"}

    def test_writes_two_decimals(self) -> None:
        assert Priced({"price": 8_000}).data == {"price": "80.00"}


class Rated(serializers.Serializer):
    rate = RateField()


class TestRateField:
    @pytest.mark.parametrize(
        ("text", "bps"), [("0", 0), ("0.0001", 1), ("0.15", 1_500), (0.2, 2_000), ("0.9999", 9_999)]
    )
    def test_reads_shares_as_basis_points(self, text: object, bps: int) -> None:
        data = Rated(data={"rate": text})
        assert data.is_valid(), data.errors
        assert data.validated_data["rate"] == bps

    @pytest.mark.parametrize(
        "text",
        ["1", "-0.1", "0.00001", "abc", "", None, "NaN", "Infinity", True, [], {}, "1e400", "1e-1", "0.1_5", "٠"],
    )
    def test_refuses_anything_else_naming_the_field(self, text: object) -> None:
        data = Rated(data={"rate": text})
        assert not data.is_valid()
        assert set(data.errors) == {"rate"}

    def test_writes_four_decimals(self) -> None:
        assert Rated({"rate": 1_500}).data == {"rate": "0.1500"}
