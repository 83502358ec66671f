"""Money and rates: cents and basis points inside, decimals at the edge."""

from decimal import ROUND_HALF_UP, Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from apps.common.decimals import DecimalFormat
from apps.common.fields import MoneyField, RateField
from apps.common.form_fields import PlainDecimalField
from apps.common.money import cents_from_decimal, cents_to_text, rate_to_text, share_half_up
from apps.common.parsers import JSONParser


class TestCentsFromDecimal:
    @given(st.integers(-(10**12), 10**12))
    def test_is_the_inverse_of_cents_to_text(self, cents: int) -> None:
        assert cents_from_decimal(Decimal(cents_to_text(cents))) == cents

    @pytest.mark.parametrize("amount", ["0.001", "10.005", "10.006", "-0.006", "NaN", "Infinity", "-Infinity"])
    def test_refuses_what_is_not_whole_cents(self, amount: str) -> None:
        with pytest.raises(ValueError, match="two decimals"):
            cents_from_decimal(Decimal(amount))


class TestCentsToText:
    @pytest.mark.parametrize(
        ("cents", "text"),
        [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (-105, "-1.05"), (8_000, "80.00"), (10**12, "10000000000.00")],
    )
    def test_writes_two_decimals_and_a_minus_only_below_zero(self, cents: int, text: str) -> None:
        assert cents_to_text(cents) == text


class TestRateToText:
    @given(st.integers(0, 9_999))
    def test_writes_four_decimals(self, rate_bps: int) -> None:
        text = rate_to_text(rate_bps)
        assert Decimal(text) * 10_000 == rate_bps
        assert len(text) == len("0.0000")


class TestShareHalfUp:
    @given(st.integers(0, 10**8), st.integers(0, 10_000))
    def test_rounds_like_decimal_half_up(self, cents: int, rate_bps: int) -> None:
        exact = Decimal(cents) * rate_bps / 10_000
        assert share_half_up(cents, rate_bps) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)

    def test_is_exact_beyond_what_floating_point_holds(self) -> None:
        assert share_half_up(2**53 + 1, 10_000) == 2**53 + 1

    @pytest.mark.parametrize(("cents", "rate_bps"), [(-1, 0), (0, -1)])
    def test_refuses_negative_values(self, cents: int, rate_bps: int) -> None:
        with pytest.raises(ValueError, match="negative"):
            share_half_up(cents, rate_bps)


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


MONEY = DecimalFormat(2, Decimal("0.01"), Decimal(1_000_000))
RATE = DecimalFormat(4, Decimal(0), Decimal("0.9999"), share=True)


def said(number_format: DecimalFormat, sent: object) -> str:
    """Return the sentence of a refusal."""
    with pytest.raises(ValueError, match=r"^Write ") as refusal:
        number_format.read(sent)
    return str(refusal.value)


class TestMoney:
    @pytest.mark.parametrize(
        ("sent", "meant"),
        [
            *(("1,000", "1000.00"), ("$100", "100.00"), ("$1,250.50", "1250.50"), ("100 USD", "100.00")),
            *(("US$ 100", "100.00"), ("1 000", "1000.00"), ("1_000", "1000.00"), ("1'000.5", "1000.50")),
            *(("1e2", "100.00"), ("1E+2", "100.00"), ("+5", "5.00"), (".5", "0.50"), ("5.", "5.00")),
            *(("１００", "100.00"), ("١٠", "10.00"), ("0,50", "0.50"), ("1,50", "1.50"), ("1.000,00", "1000.00")),
            *(("1,000,000", "1000000.00"), (Decimal("1E+2"), "100.00"), (1e22, None), (1e-9, None)),
            *(("0.1e1", "1.00"), ("1,0,0", None), ("1,00,000", None), ("0,500", "0.50"), ("1.5e-9", None)),
            *(("abc", None), ("", None), ("0x10", None), ("NaN", None), ("Infinity", None), ("100 %", None)),
            *(("100.001", None), (0.1 + 0.2, None), ("1,000,001", None), ("9" * 5_000, None), ("- 5", None)),
            *(
                (True, None),
                (None, None),
                ([], None),
                ({}, None),
                (float("nan"), None),
                ("--5", None),
                ("\ud800", None),
            ),
        ],
    )
    def test_is_suggested_where_only_one_thing_can_be_meant(self, sent: object, meant: str | None) -> None:
        sentence = said(MONEY, sent)
        assert sentence == (f"Write {meant}." if meant else sentence)
        assert ("an amount such as 100.00" in sentence) == (meant is None)
        if meant:
            MONEY.read(meant)

    @given(st.one_of(st.text(alphabet="0123456789.,$ eE+-_%'", max_size=12), st.text(max_size=8)))
    def test_is_read_exactly_or_refused(self, text: str) -> None:
        """Nothing else gets through, and whatever is suggested can be sent."""
        try:
            number = MONEY.read(text)
        except ValueError as refusal:
            suggestion = str(refusal).removeprefix("Write ").removesuffix(".")
            assert "such as" in suggestion or MONEY.lowest <= MONEY.read(suggestion) <= MONEY.highest
        else:
            digits = text.strip().lstrip("-").replace(".", "", 1)
            assert digits.isascii()
            assert digits.isdigit()
            assert number == Decimal(text.strip())


class TestRate:
    @pytest.mark.parametrize(
        ("sent", "meant"),
        [
            *((15, "0.15"), ("15", "0.15"), ("15%", "0.15"), ("0.15%", "0.0015"), ("15.5", "0.155"), (".15", "0.15")),
            *(
                ("0,15", "0.15"),
                ("1.5e-1", "0.15"),
                ("99.99", "0.9999"),
                ("2", "0.02"),
                ("1%", "0.01"),
                ("0,150", "0.15"),
            ),
            *(
                (1, None),
                ("1.0", None),
                ("100", None),
                ("100 %", None),
                ("15.555", None),
                ("0.00001", None),
                ("a%", None),
            ),
        ],
    )
    def test_is_suggested_for_a_percentage(self, sent: object, meant: str | None) -> None:
        """1 may be the whole or a hundredth, so nothing is suggested for it."""
        assert said(RATE, sent).startswith(f"Write {meant}." if meant else "Write a share of one, such as 0.15")


class TestJson:
    @pytest.mark.parametrize(
        "number", ["1e2", "1E+2", "1e-1", "1.5e1", "100.001", "0.30000000000000004", "1e400", "1e-400"]
    )
    def test_numbers_are_read_as_they_were_written(self, number: str) -> None:
        """`1e2` came as 100.0 and passed."""
        sent = JSONParser().parse(BytesIO(f'{{"price": {number}}}'.encode()))["price"]
        said(MONEY, sent)

    @pytest.mark.parametrize("number", ["100", "100.5", "0.1", "100.10"])
    def test_numbers_of_the_format_are_taken(self, number: str) -> None:
        sent = JSONParser().parse(BytesIO(f'{{"price": {number}}}'.encode()))["price"]
        assert MONEY.read(sent) == Decimal(number)


class TestForms:
    def test_say_the_same(self) -> None:
        field = PlainDecimalField(min_value=Decimal("0.01"), max_value=Decimal(100), decimal_places=2)
        assert field.clean("99.5") == Decimal("99.5")
        for sent, sentence in (("$50", "Write 50.00."), ("1e1", "Write 10.00."), ("%s%", "such as 100.00")):
            with pytest.raises(ValidationError, match=sentence):
                field.clean(sent)
