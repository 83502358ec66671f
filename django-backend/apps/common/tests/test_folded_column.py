"""Names as they are searched: Python and the database fold alike."""

import unicodedata
from itertools import chain

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from apps.common.folded_column import Folded
from apps.common.text import folded

# Latin, Greek and Cyrillic with what belongs to them: the database's Unicode may be older or newer than Python's.
BLOCKS = ((0x20, 0x530), (0x1E00, 0x2070), (0x20D0, 0x2150), (0xFB00, 0xFB07), (0xFF01, 0xFF5F))
CHARACTERS = [chr(code) for code in chain(*(range(*block) for block in BLOCKS))]
CHARACTERS = [character for character in CHARACTERS if unicodedata.category(character)[0] in "LMNPS"]


class TestFolded:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("Montréal", "MONTREAL"),
            ("Montre\u0301al", "Montréal"),
            ("St. Louis", "st louis"),
            ("D.C.  United", "dc united"),
            ("O’Brien", "O'Brien"),
            ("Hawaiʻi", "Hawaii"),
            ("Brøndby", "Brondby"),
            ("ŁÓDŹ", "Lodz"),
            ("Fußball", "FUSSBALL"),
            ("İstanbul", "istanbul"),
            ("Winston–Salem", "Winston Salem"),
            ("ｆｕｌｌ", "full"),
            ("Πάτρας", "ΠΑΤΡΑΣ"),
            ("Й", "и"),
        ],
    )
    def test_what_looks_alike_is_one(self, one: str, other: str) -> None:
        assert folded(one) == folded(other)

    def test_what_differs_stays_different(self) -> None:
        names = ["Mets", "Nets", "New York", "Newark", "St. Louis", "Stlouis", "A 1", "A1"]
        assert len({folded(name) for name in names}) == len(names)

    @given(st.text(alphabet=CHARACTERS))
    def test_twice_is_once(self, text: str) -> None:
        assert folded(folded(text)) == folded(text)

    @pytest.mark.django_db
    def test_the_database_folds_as_python_does(self) -> None:
        texts = [*(f"x{character}y {character}" for character in CHARACTERS), "  A  b ", "tab\there", ""]
        sql = Folded.template % {"expressions": "text"}
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT text, {sql} FROM unnest(%s::text[]) AS text", [texts])
            differing = [(text, found, folded(text)) for text, found in cursor.fetchall() if found != folded(text)]
        assert differing == []
