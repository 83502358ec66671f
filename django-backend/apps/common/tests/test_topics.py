"""Topics keep their payload as JSON, and listeners get what they take."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured

from apps.common import listeners
from apps.common.hooks import account_mail_put, check_hooks
from apps.common.listeners import LISTENERS, Message, check_topics, gather, listen
from apps.common.topics import PayloadUnreadable, Topic

ID = UUID(int=1)


class Colour(StrEnum):
    RED = "red"


class Painted(Topic, name="painted"):
    id: UUID
    others: tuple[UUID, ...]
    colour: Colour
    by: UUID | None
    words: dict[str, Any]
    coats: int = 1
    note: str = ""
    is_dry: bool = False


class Washed(Topic, name="washed"):
    id: UUID


LEAST: dict[str, Any] = {"id": str(ID), "others": [], "colour": "red", "by": None, "words": {}}
READ = Painted(id=ID, others=(), colour=Colour.RED, by=None, words={})


class TestPayload:
    @pytest.mark.parametrize(
        ("more", "read"),
        [
            ({}, {}),
            ({"others": [str(ID)], "by": str(ID)}, {"others": (ID,), "by": ID}),
            ({"words": {"a": [1, None]}, "coats": 2}, {"words": {"a": [1, None]}, "coats": 2}),
            ({"note": "mat", "is_dry": True}, {"note": "mat", "is_dry": True}),
        ],
    )
    def test_is_read_as_it_was_stored(self, more: dict[str, Any], read: dict[str, Any]) -> None:
        stored = {**LEAST, **more}
        painted = Painted(**{**vars(READ), **read})
        assert (Painted.read(stored), painted.as_json()) == (painted, stored)

    def test_may_have_fields_of_another_release(self) -> None:
        assert Painted.read({**LEAST, "gone": 1}) == READ

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", None), ("id", "x"), ("id", 1), ("others", str(ID)), ("others", ["x"]), ("others", None),
            ("colour", "blue"), ("by", ""), ("words", []), ("coats", "1"), ("coats", True), ("note", None),
            ("is_dry", 0),
        ],
    )  # fmt: skip
    def test_that_does_not_fit_is_refused_without_its_words(self, field: str, value: Any) -> None:
        with pytest.raises(PayloadUnreadable, match=rf"^painted: {field} is missing or wrong \(\w+\)\.$"):
            Painted.read({**LEAST, field: value})

    def test_that_lacks_a_field_is_refused(self) -> None:
        with pytest.raises(PayloadUnreadable, match=r"^painted: by is missing or wrong \(KeyError\)"):
            Painted.read({name: value for name, value in LEAST.items() if name != "by"})


def take_painted(*, message: Message[Painted], now: datetime) -> None: ...
def take_both(*, message: Message[Painted | Washed], now: datetime) -> None: ...
def take_any(*, message: Message[Topic], now: datetime) -> None: ...
def take_rows(*, message: Any, now: datetime) -> None: ...
def gather_painted(*, messages: Sequence[Message[Painted]], now: datetime) -> None: ...
def gather_any(*, messages: Sequence[Message[Topic]], now: datetime) -> None: ...


class TestListeners:
    @pytest.fixture(autouse=True)
    def _nobody(self) -> Iterator[None]:
        with patch.dict(LISTENERS, clear=True):
            yield

    def test_take_their_topic_or_more(self) -> None:
        for number, handler in enumerate((take_painted, take_both, take_any)):
            listen(Painted, handler, to=str(number))
        gather(Painted, gather_painted, to="one")
        gather(Painted, gather_any, to="all")
        assert list(LISTENERS) == ["painted:0", "painted:1", "painted:2", "painted:one", "painted:all"]
        assert listeners.listener_names(gathers=True) == ["painted:one", "painted:all"]
        assert listeners.names_of("painted") == list(LISTENERS)

    @pytest.mark.parametrize("handler", [take_painted, take_rows, gather_any])
    def test_of_another_topic_stop_the_start(self, handler: Any) -> None:
        with pytest.raises(ImproperlyConfigured, match=f"^{handler.__name__} does not take messages of Washed"):
            listen(Washed, handler)
        if handler is take_painted:
            with pytest.raises(ImproperlyConfigured):
                gather(Washed, gather_painted, to="x")

    def test_of_one_name_stop_the_start(self) -> None:
        listen(Painted, take_any)
        with pytest.raises(ImproperlyConfigured, match=r"^take_any listens as painted already"):
            listen(Painted, take_painted)


class TestCheck:
    def test_finds_nothing_here(self) -> None:
        from django.core.checks.registry import registry

        assert check_topics() == []
        assert check_topics in registry.registered_checks

    def test_finds_topics_without_listeners_and_names_of_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delitem(LISTENERS, "mail")
        monkeypatch.setattr(Washed, "__module__", "apps.support.topics")
        monkeypatch.setattr(Painted, "__module__", "apps.support.topics")
        monkeypatch.setattr(Painted, "name", "slack")
        assert sorted((error.id, error.msg) for error in check_topics()) == [
            ("common.E001", "Nobody listens to mail."),
            ("common.E001", "Nobody listens to washed."),
            ("common.E002", "Two topics are called slack."),
        ]

    def test_finds_hooks_that_no_app_fills_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert check_hooks() == []
        monkeypatch.setattr(account_mail_put, "function", account_mail_put.stub)
        assert [(error.id, error.msg) for error in check_hooks()] == [
            ("common.E003", "No app provides account_mail_put.")
        ]
