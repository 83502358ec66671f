"""Clients that are signed in without a password."""

from django.contrib.auth.base_user import AbstractBaseUser
from django.test import Client
from rest_framework.test import APIClient


def api_of(user: AbstractBaseUser | None) -> APIClient:
    """Return a client of the API that is signed in as `user`, or as nobody."""
    client = APIClient()
    if user is not None:
        client.force_authenticate(user)
    return client


def browser_of(user: AbstractBaseUser) -> Client:
    """Return a browser in which `user` is signed in."""
    client = Client()
    client.force_login(user)
    return client
