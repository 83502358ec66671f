"""What a server starts: requests that Django could not even make are refused like others."""

import asyncio
from typing import Any

import pytest
from django.test import AsyncRequestFactory, RequestFactory

from config.asgi import application as asgi
from config.wsgi import application as wsgi

# Known to Python, and none of them reads text, or not as Django asks.
CODINGS = ["zlib", "base64", "rot13", "idna"]
pytestmark = pytest.mark.django_db(transaction=True)  # a real request may close the connection


@pytest.mark.parametrize("coding", CODINGS)
def test_another_coding_is_refused_by_wsgi(coding: str) -> None:
    environ = RequestFactory().generic("GET", "/livez?q=%ff").environ
    environ["CONTENT_TYPE"] = f"text/plain; charset={coding}"
    statuses: list[str] = []
    body = wsgi(environ, lambda status, headers: statuses.append(status))
    body.close()
    assert statuses == ["400 Bad Request"]


@pytest.mark.parametrize("coding", CODINGS)
def test_another_coding_is_refused_by_asgi(coding: str) -> None:
    scope = AsyncRequestFactory().generic("GET", "/livez?q=%ff").scope
    scope["headers"] = [(b"host", b"testserver"), (b"content-type", f"text/plain; charset={coding}".encode())]
    sent: list[dict[str, Any]] = []
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if messages:
            return messages.pop()
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(asgi(scope, receive, send))
    assert sent[0]["status"] == 400
