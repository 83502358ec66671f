"""Digital products in the admin: a PDF and a price, switched off instead of deleted."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.common.testing.html_forms import save
from apps.orders import forms
from apps.orders.models import Product, ProductFile
from apps.orders.testing.products import PDF, product
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
URL = "/admin/orders/product/"


@pytest.fixture
def staff() -> Client:
    return staff_browser("view_product", "add_product", "change_product")


def upload(content: bytes = PDF) -> SimpleUploadedFile:
    return SimpleUploadedFile("guide.pdf", content, "application/pdf")


def problems(answer: Any) -> dict[str, list[str]]:
    assert answer.status_code == 200
    return dict(answer.context["adminform"].form.errors)


def content_of(row: Product) -> bytes:
    return bytes(ProductFile.objects.get(product=row).content)


def test_needs_a_pdf(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = {"name": "Fan guide", "price_cents": "15", "is_active": "on"}
    assert problems(save(staff, f"{URL}add/", typed)) == {"file": ["This field is required."]}
    for content in (b"MZ\x90", b" %PDF-1.7"):
        assert problems(save(staff, f"{URL}add/", {**typed, "file": upload(content)})) == {
            "file": ["The file is not a PDF."]
        }
    assert not Product.objects.exists()
    assert save(staff, f"{URL}add/", {**typed, "file": upload()}).status_code == 302
    made = Product.objects.get()
    assert (made.name, made.price_cents, made.is_active, content_of(made)) == ("Fan guide", 1_500, True, PDF)
    monkeypatch.setattr(forms, "MAX_PRODUCT_BYTES", len(PDF))
    changed = {"name": "Other", "file": upload(PDF + b"\n")}
    assert list(problems(save(staff, f"{URL}{made.id}/change/", changed))) == ["file"]


def test_keeps_its_file_until_another_one_replaces_it(staff: Client) -> None:
    row = product()
    page = f"{URL}{row.id}/change/"
    assert save(staff, page, {"price_cents": "0.99", "is_active": None}).status_code == 302
    row.refresh_from_db()
    assert (row.price_cents, row.is_active, content_of(row)) == (99, False, PDF)
    assert save(staff, page, {"file": upload(PDF * 2)}).status_code == 302
    assert content_of(row) == PDF * 2
    for wrong in ("0", "1000.01", "1.001"):
        assert list(problems(save(staff, page, {"price_cents": wrong}))) == ["price_cents"]


def test_is_never_deleted(staff: Client) -> None:
    row = product()
    assert staff.post(f"{URL}{row.id}/delete/", {"post": "yes"}).status_code == 403
    assert "15.00" in staff_browser("view_product").get(f"{URL}{row.id}/change/").content.decode()
