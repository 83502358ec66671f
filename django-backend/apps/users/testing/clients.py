"""Test clients that run what waits for the commit, as a real request does at its end; mails are sent there."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client, TestCase
from rest_framework.test import APIClient


class BrowserClient(Client):
    """A browser: cookies and forms."""

    def request(self, **request: Any) -> HttpResponse:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**request)


class AppClient(APIClient):
    """A mobile app or a script: JSON and an access token."""

    ACCOUNTS = "/api/v1/accounts/app/v1/"

    def request(self, **kwargs: Any) -> HttpResponse:
        with TestCase.captureOnCommitCallbacks(execute=True):
            return super().request(**kwargs)

    def accounts(self, method: str, route: str, data: Any = None, **headers: str) -> HttpResponse:
        """Send JSON to an address of allauth headless."""
        body = "" if data is None else json.dumps(data)
        return self.generic(method, f"{self.ACCOUNTS}{route}", body, content_type="application/json", headers=headers)

    def use_token(self, token: str) -> None:
        """Send this access token from now on."""
        self.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def log_in(self, email: str, password: str) -> dict[str, str]:
        """Log in through the real route and use the access token; return both tokens."""
        answer = self.accounts("POST", "auth/login", {"email": email, "password": password})
        assert answer.status_code == 200, answer.json()
        tokens = {name: answer.json()["meta"][name] for name in ("access_token", "refresh_token")}
        self.use_token(tokens["access_token"])
        return tokens
