"""One format of decimals, and what is said of every other one."""

from decimal import Decimal
from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from apps.common.decimals import DecimalFormat
from apps.common.form_fields import PlainDecimalField
from apps.common.parsers import JSONParser

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
