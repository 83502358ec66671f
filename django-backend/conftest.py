"""Fixtures and guards of the whole suite."""

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from importlib import import_module
from typing import Any
from unittest.mock import patch

import hypothesis
import pytest
from pytest_django import Settings

from apps.common.testing import local_github
from apps.common.testing.local_github import LocalGithub
from apps.common.testing.local_slack import CHANNEL, SIGNING_SECRET, TOKEN, LocalSlack
from apps.common.testing.local_stripe import KEY, SECRET, LocalStripe, StripeTime

# No test depends on the speed of the machine; the rest is as hypothesis has it, here or in CI.
hypothesis.settings.register_profile("any speed", deadline=None)
hypothesis.settings.load_profile("any speed")


def pytest_configure(config: pytest.Config) -> None:
    """Say in one sentence what is missing when the suite is started without its servers."""
    if not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"):
        raise pytest.UsageError(
            "The suite needs PostgreSQL and Redis: run shell_scripts/run_tests.sh [pytest arguments], it starts both."
        )
    # A script under test that takes our environment instead of one of its own would install into the developer's: here
    # it finds a place where nothing can be installed.
    os.environ["VENV_DIR"] = os.environ["PYTHON"] = f"{os.devnull}/none"


def pytest_collection_finish() -> None:
    """Let the garbage collector pass over modules and collected tests, which all stay: a tenth of the suite's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000)


@pytest.fixture(scope="session", autouse=True)
def _described_answers() -> Iterator[None]:
    """Let a test fail that gets an answer from the API which the description does not know."""
    from config.tests.described_answers import answers_checked  # noqa: PLC0415 - settings are not ready here

    with answers_checked():
        yield


@pytest.fixture(scope="session", autouse=True)
def _quick_flush() -> Iterator[None]:
    """Empty the tables after a test with real transactions by DELETE, which takes a hundredth of TRUNCATE's time.

    Content types and permissions stay: Django would write the same ones again. So do the marketplaces of the
    migrations, which no test after it would have. A role that is no superuser may not do it this way.
    """
    from django.core.management.commands import flush  # noqa: PLC0415
    from django.db.backends.postgresql.operations import DatabaseOperations  # noqa: PLC0415

    own = DatabaseOperations.sql_flush
    marketplaces = import_module("apps.orders.migrations.0002_marketplaces").NAMES

    def sql_flush(self: DatabaseOperations, style: object, tables: list[str], **options: bool) -> list[str]:
        filled = [
            name for name in tables if name not in {"django_content_type", "auth_permission", "orders_marketplace"}
        ]
        if self.connection.connection.info.parameter_status("is_superuser") != "on":
            return list(own(self, style, filled, **options))
        # Neither foreign keys nor the triggers that keep history have a say.
        deletions = [f"DELETE FROM {self.quote_name(name)}" for name in filled]
        kept = ", ".join(map(repr, marketplaces))
        deletions.append(f"DELETE FROM orders_marketplace WHERE code <> 'house' AND name NOT IN ({kept})")
        return ["SET LOCAL session_replication_role = replica", *deletions]

    with patch.object(DatabaseOperations, "sql_flush", sql_flush), patch.object(flush, "emit_post_migrate_signal"):
        yield


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Start each test without rate-limit counters, a rest of Redis, or other cached state of the one before."""
    from django.core.cache import cache  # noqa: PLC0415 - settings are not ready when this module is imported

    from apps.common.cache import RedisCache  # noqa: PLC0415

    RedisCache.resting_until.clear()
    cache.clear()


@pytest.fixture
def long_records(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let Redis repeat logins for longer than any test takes, however slow the machine is."""
    monkeypatch.setattr("apps.common.cache.RECORD_SECONDS", 1_000)


@pytest.fixture(scope="session")
def _slack_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSlack]:
    """Run one local Slack for all tests of this process; nobody answers what is pressed in it."""
    from sandbox.serving import served  # noqa: PLC0415 - most tests never need it
    from sandbox.slack.options import Options  # noqa: PLC0415
    from sandbox.slack.server import new_server  # noqa: PLC0415

    options = Options(
        database=str(tmp_path_factory.mktemp("slack") / "slack.sqlite3"),
        signing_secret=SIGNING_SECRET,
        app_url="http://127.0.0.1:9",
        token=TOKEN,
    )
    server, sandbox = new_server(options)
    with closing(sandbox), served(server) as url:
        yield LocalSlack(sandbox, url)


@pytest.fixture
def slack(_slack_server: LocalSlack, settings: Settings) -> Iterator[LocalSlack]:
    """The local Slack, empty and in order, with the settings that lead there; it takes messages at any pace."""
    _slack_server.reset()
    settings.SLACK_API_URL = f"{_slack_server.url}/api/"
    settings.STT_NOTIFICATIONS_BOT_API_TOKEN = TOKEN
    settings.STT_NOTIFICATIONS_CHANNEL_ID = CHANNEL
    settings.SLACK_SIGNING_SECRET = SIGNING_SECRET
    settings.SLACK_SECONDS_BETWEEN_MESSAGES = 0
    settings.SLACK_RESPONSE_URL_PREFIXES = (f"{_slack_server.url}/",)
    yield _slack_server
    _slack_server.mend()


@pytest.fixture(scope="session")
def _github_server() -> Iterator[LocalGithub]:
    """Run one local GitHub for all tests of this process."""
    from sandbox.github import options  # noqa: PLC0415 - most tests never need it
    from sandbox.github.faults import Fault  # noqa: PLC0415
    from sandbox.github.sample import sample  # noqa: PLC0415
    from sandbox.github.server import running  # noqa: PLC0415

    with running(options.Options(token=local_github.TOKEN)) as (url, sandbox):
        yield LocalGithub(sandbox, url, options, sample, Fault)


@pytest.fixture
def github(_github_server: LocalGithub, settings: Settings) -> Iterator[LocalGithub]:
    """The local GitHub, empty and in order, with the settings that lead there."""
    _github_server.serve()
    settings.GITHUB_API_URL = _github_server.url
    settings.GITHUB_ACCESS_TOKEN = local_github.TOKEN
    settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID = local_github.CHANNEL
    yield _github_server
    _github_server.mend()


@pytest.fixture(scope="session")
def _stripe_server() -> Iterator[LocalStripe]:
    """Run one local Stripe for all tests of this process; it sends its events nowhere."""
    from sandbox.stripe.options import Options  # noqa: PLC0415 - most tests never need it
    from sandbox.stripe.server import running  # noqa: PLC0415

    with running(Options(key=KEY, methods=("card", "us_bank_account"))) as (url, _):
        yield LocalStripe(url)


@pytest.fixture
def local_stripe(_stripe_server: LocalStripe, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> LocalStripe:
    """The local Stripe, in order, with the settings that lead there; the SDK repeats a call without a pause."""
    monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
    _stripe_server.reset()
    settings.STRIPE_API_BASE = _stripe_server.url
    settings.STRIPE_SECRET_KEY = KEY
    settings.STRIPE_WEBHOOK_SECRETS = [SECRET]
    return _stripe_server


@pytest.fixture
def clock(local_stripe: LocalStripe) -> Iterator[StripeTime]:
    """The time at the local Stripe, which the test moves."""
    clock = StripeTime(local_stripe)
    yield clock
    clock.back()


@pytest.fixture(scope="session")
def _hubspot_server() -> Iterator[tuple[str, Any]]:
    """Run one local HubSpot for all tests of this process."""
    from sandbox.hubspot.app import running  # noqa: PLC0415 - most tests never need it

    with running("pat-suite") as server:
        yield server


@pytest.fixture
def crm(_hubspot_server: tuple[str, Any], settings: Settings) -> Any:
    """The local HubSpot, empty and in order, with the settings that lead there."""
    url, sandbox = _hubspot_server
    settings.HUBSPOT_API_BASE, settings.HUBSPOT_ACCESS_TOKEN = url, "pat-suite"
    sandbox.reset()
    return sandbox
