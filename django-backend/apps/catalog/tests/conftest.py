"""Fixtures of the catalogue's tests."""

from pathlib import Path

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.catalog.models import League
from apps.catalog.testing.factories import LeagueFactory, TeamFactory
from apps.common.testing.clients import api_of, browser_of
from apps.users.models import User
from apps.users.testing.stories import staff_member

PROJECT_DIR = Path(__file__).resolve().parents[4]


@pytest.fixture(scope="session")
def real_schedules() -> Path:
    """Return the folder of real schedules, which is next to the project and not part of it."""
    folder = PROJECT_DIR.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder of real schedules is not next to the project")
    return folder


@pytest.fixture
def user(db: None) -> User:
    """Return somebody with an account and no right beyond that."""
    return User.objects.create_user("fan@example.com", "a-long-password")


@pytest.fixture
def superuser(db: None) -> User:
    """Return somebody who may do everything."""
    return User.objects.create_superuser("chief@example.com", "a-long-password")


@pytest.fixture
def user_api(user: User) -> APIClient:
    """Return an API client that is signed in as `user`."""
    return api_of(user)


@pytest.fixture
def nfl(db: None) -> League:
    """Return a league of two teams."""
    league = LeagueFactory(code="NFL")
    TeamFactory(league=league, name="Dallas Cowboys", home_venue=None)
    TeamFactory(league=league, name="Philadelphia Eagles", home_venue=None)
    return league


@pytest.fixture
def staff(db: None) -> User:
    """Return a member of staff with exactly the two permissions that an import needs."""
    return staff_member("add_event", "change_event", email="staff@example.com")


@pytest.fixture
def page(staff: User) -> Client:
    """Return a browser in which staff is signed in."""
    return browser_of(staff)
