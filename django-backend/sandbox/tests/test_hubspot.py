"""The local HubSpot: strict, and wrong on demand."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.hubspot.app import Sandbox, running

ANA = {"idProperty": "email", "id": "ana@example.com", "properties": {"email": "ana@example.com", "firstname": "Ana"}}
_PATH = "/crm/v3/objects/contacts/batch/upsert"


@pytest.fixture
def hubspot() -> Iterator[tuple[str, Sandbox]]:
    with running("pat-test") as server:
        yield server


def upsert(url: str, *inputs: Any, token: str = "pat-test", **more: Any) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.post(url + _PATH, json={"inputs": list(inputs), **more}, headers=headers, timeout=10)


def test_it_creates_and_updates_by_email(hubspot: tuple[str, Sandbox]) -> None:
    url, _ = hubspot
    assert upsert(url, ANA).json()["results"][0]["new"] is True
    again = {**ANA, "properties": {"email": "ana@example.com", "lastname": "de la Cruz"}}
    assert upsert(url, again).json()["results"][0]["new"] is False
    (contact,) = requests.get(f"{url}/", timeout=10).json()["contacts"]
    assert contact == {"email": "ana@example.com", "firstname": "Ana", "lastname": "de la Cruz"}


def test_it_refuses_what_it_does_not_know(hubspot: tuple[str, Sandbox]) -> None:
    url, sandbox = hubspot
    refused = [
        upsert(url),
        upsert(url, ANA, idProperty="email"),
        upsert(url, ANA, ANA),
        upsert(url, {**ANA, "idProperty": "phone"}),
        upsert(url, {**ANA, "id": "bo@example.com"}),
        upsert(url, {**ANA, "properties": {**ANA["properties"], "surname": "Cruz"}}),
        upsert(url, {**ANA, "id": "ana", "properties": {"email": "ana"}}),
    ]
    assert {answer.status_code for answer in refused} == {400}
    assert {answer.json()["category"] for answer in refused} == {"VALIDATION_ERROR"}
    assert upsert(url, ANA, token="pat-other").status_code == 401
    assert requests.get(url + _PATH, timeout=10).status_code == 405
    assert sandbox.contacts == {}


def test_it_is_wrong_on_demand(hubspot: tuple[str, Sandbox]) -> None:
    url, _ = hubspot
    for kind in ("rate_limit", "error_502", "drop"):
        requests.post(f"{url}/sandbox/faults", json={"kind": kind}, timeout=10).raise_for_status()
    limited = upsert(url, ANA)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "10")
    assert upsert(url, ANA).status_code == 502
    with pytest.raises(requests.ConnectionError):
        upsert(url, ANA)
    assert upsert(url, ANA).status_code == 200
    assert requests.post(f"{url}/sandbox/faults", json={"kind": "other"}, timeout=10).status_code == 400
