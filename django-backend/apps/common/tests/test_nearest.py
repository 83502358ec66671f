"""The name that was meant."""

import pytest

from apps.common.text import nearest

KNOWN = ("email", "password", "first_name", "split_rule", "floor")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("emial", "email"),
        ("EMAIL", "email"),
        ("pasword", "password"),
        ("firstName", "first_name"),
        ("split_rul", "split_rule"),
        ("flor", "floor"),
        ("zebra", None),
        ("", None),
        ("\ud800", None),
        ("x" * 1_000_000, None),
    ],
)
def test_nearest(name: str, meant: str | None) -> None:
    assert nearest(name, KNOWN) == meant


def test_nearest_of_nothing() -> None:
    assert nearest("email", ()) is None
