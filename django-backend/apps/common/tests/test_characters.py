"""Characters: those that no text may have, those that no request may have, and those that look alike."""

import sys
import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Any

import pytest
from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.core.exceptions import FieldError, ValidationError
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import get_resolver
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from apps.common.characters import character_problem
from apps.common.fields import MultilineField, ShortListField
from apps.common.folded_column import Folded
from apps.common.serializers import StrictSerializer
from apps.common.text import folded

TURNED = "Ann \u202eFan"
# Fields of forms without text from people.
NO_WORDS = {
    "SkyBoxUploadForm.replacements": "JSON, read by a parser of its own",
    "SignupForm.timezone": "one of a list",
}

KEYS = {"key", "uidb36", "password", "form_token", "form_version"}  # compared, never shown


def subclasses(kind: type) -> Iterator[type]:
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def written_out(kind: type) -> list[Any]:
    """Return the subclasses in our modules, in the same order each time; not those that Django's admin makes."""
    assert get_resolver().url_patterns  # every view, and what it uses, is imported now
    ours = {one for one in subclasses(kind) if one.__module__.startswith("apps.") and ".tests." not in one.__module__}
    kept = [one for one in ours if getattr(sys.modules[one.__module__], one.__qualname__, None) is one]
    return sorted(kept, key=lambda one: (one.__module__, one.__qualname__))


class TestCharacters:
    @pytest.mark.parametrize(
        "text",
        [
            *(chr(code) for code in (*range(32), *range(0x7F, 0xA0))),
            *"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
            *"\u00ad\u180e\u200b\u2028\u2029\u2060\ufeff\ud800\U000e0041",
        ],
    )
    def test_that_control_turn_or_hide_are_refused(self, text: str) -> None:
        assert character_problem(f"Ann{text}Fan")
        assert bool(character_problem(f"Ann{text}Fan", multiline=True)) is (text != "\n")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Ann Fan",
            "Zoë O'Neil-Łukasz",
            "عمر",
            "עמית",
            "李 小龍",
            "می\u200cخواهم",
            "👩\u200d👩\u200d👧",
            "5 % & <b>",
        ],
    )
    def test_of_all_languages_are_taken(self, text: str) -> None:
        assert character_problem(text) == ""

    def test_must_be_seen(self) -> None:
        assert character_problem("\u200d\u200c") == "Write something that can be seen."

    def test_are_named(self) -> None:
        assert character_problem(TURNED) == "Remove the invisible character U+202E."
        assert character_problem("Ann\r\nFan") == "Write it in one line."


def text_fields(serializer: StrictSerializer[Any]) -> Iterator[tuple[str, Any, bool]]:
    """Yield name and field of each text that a request may have, and whether there is a list of them."""
    for name, field in serializer.fields.items():
        text = getattr(field, "child", field)
        if isinstance(text, serializers.CharField) and not text.read_only:
            yield name, text, text is not field


class SimpleInput(StrictSerializer[Any]):
    """One of each."""

    name = serializers.CharField()
    notes = MultilineField()
    seats = ShortListField(child=serializers.CharField(), max_length=3)


OWN_SERIALIZERS = written_out(StrictSerializer)


class TestApi:
    """Every text field of every request."""

    def test_is_swept(self) -> None:
        assert len(OWN_SERIALIZERS) > 15

    @pytest.mark.parametrize("kind", OWN_SERIALIZERS, ids=lambda kind: kind.__name__)
    def test_refuses_text_with_direction_marks(self, kind: type[StrictSerializer[Any]]) -> None:
        serializer = kind()
        for name, field, is_list in text_fields(serializer):
            for wrong in ("A\u202eB", "A\tB", "A\nB"):
                try:
                    text = field.run_validation(wrong)
                except serializers.ValidationError:
                    continue
                if not character_problem(text, multiline=isinstance(field, MultilineField)):
                    continue  # cleaned, as in sections and the contact form, or with the line breaks that it may have
                source = str(serializer.fields[name].source)
                assert serializer.character_problems({source: [text] if is_list else text}).keys() == {name}

    def test_names_the_field_once(self) -> None:
        form = SimpleInput(data={"name": "Ann \u202e", "notes": "one\ntwo \u202e", "seats": ["1", "2\u202e"], "x": 1})
        assert not form.is_valid()
        codes = {name: [error.code for error in errors] for name, errors in form.errors.items()}
        wrong = ["character_not_allowed"]
        assert codes == {"x": ["unknown"], "name": wrong, "notes": wrong, "seats": wrong}
        form = SimpleInput(data={"name": "Ann", "notes": "one\r\ntwo", "seats": ["1"]})
        assert form.is_valid(), form.errors
        assert form.validated_data["notes"] == "one\ntwo"

    def test_keeps_one_kind_of_break(self) -> None:
        assert MultilineField().run_validation("one\r\ntwo\rthree\nfour") == "one\ntwo\nthree\nfour"


OWN_FORMS = written_out(forms.BaseForm)


class TestForms:
    """Every text field of every form that we declare."""

    def test_are_swept(self) -> None:
        assert len(OWN_FORMS) > 5

    @pytest.mark.parametrize("kind", OWN_FORMS, ids=lambda kind: kind.__name__)
    def test_take_no_text_that_turns(self, kind: Any) -> None:
        model = getattr(getattr(kind, "_meta", None), "model", None)
        for name, field in getattr(kind, "base_fields", {}).items():  # a mixin has none
            if refuses(field, model, name) or name in KEYS or f"{kind.__name__}.{name}" in NO_WORDS:
                continue
            pytest.fail(f"{kind.__name__}.{name} takes text that turns")


def refuses(field: forms.Field, model: Any, name: str) -> bool:
    """Return whether a field refuses such text; the form of a model asks the model's field too."""
    is_text = type(field).clean is forms.Field.clean and isinstance(field, forms.CharField)
    if not is_text or getattr(field.widget, "input_type", "") == "password" or field.disabled:
        return True
    try:
        value = field.clean("A\u202eB")
        if model is not None and name in {one.name for one in model._meta.get_fields()}:
            model._meta.get_field(name).run_validators(value)
    except ValidationError:
        return True
    return False


@pytest.mark.django_db
class TestAdmin:
    """Every text field of every page on which staff add or change something."""

    def test_refuses_text_with_direction_marks(self) -> None:
        request, seen = RequestFactory().get("/"), set()
        request.user = get_user_model()(is_superuser=True, is_staff=True, is_active=True)
        for model, page in admin.site._registry.items():
            if not model.__module__.startswith("apps.") or not page.has_add_permission(request):
                continue
            try:
                form = page.get_form(request)
            except FieldError:  # sales are added by a form of their own, which is swept above
                continue
            for name, field in form.base_fields.items():
                seen.add(f"{model.__name__}.{name}")
                assert refuses(field, model, name), f"{model.__name__}.{name}"
        assert {"User.first_name", "TicketHolder.address", "Team.name", "Venue.city", "Marketplace.name"} <= seen


NUL_IN_A_COOKIE = 'sessionid="' + r"\000" * 32 + '"'


@pytest.mark.django_db
def test_nul_in_a_query_is_refused_with_its_parameter(client: Client) -> None:
    answer = client.get("/api/v1/timezones/?a=1&b=%00&b=2")
    assert answer.status_code == 400
    assert answer.json() == {
        "type": "validation_error",
        "errors": [
            {"code": "null_characters_not_allowed", "detail": "Null characters are not allowed.", "attr": "b"},
        ],
    }


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me/", "/accounts/", "/admin/", "/mail/unsubscribe/x/", "/api/docs/"])
def test_nul_in_a_cookie_is_not_a_server_error(client: Client, path: str) -> None:
    """A quoted cookie may spell it, and the key of a session is looked up in the database."""
    assert client.get(path, headers={"Cookie": NUL_IN_A_COOKIE}).status_code == 400


@pytest.mark.django_db
def test_nul_in_a_path_is_refused(client: Client) -> None:
    assert client.get("/api/v1/listings/%00/").json()["errors"][0]["code"] == "parse_error"
    assert client.get("/accounts/confirm-email/%00/").status_code == 400


@pytest.mark.django_db
def test_what_only_looks_like_nul_passes(client: Client) -> None:
    assert client.get("/accounts/login/?next=%2500", headers={"Cookie": "a=%00"}).status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("coding", ["utf-7", "punycode", "utf-16", "latin-1"])
@pytest.mark.parametrize("path", ["/api/v1/contact-us/", "/accounts/login/"])
def test_codings_but_utf_8_are_refused(client: Client, path: str, coding: str) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.generic("POST", f"{path}?q=%2B2AA-", b"x", f"{kind}; charset={coding}")
        assert answer.status_code == 400
        assert answer.headers["Content-Type"].startswith("application/json" if "/api/" in path else "text/html")


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
